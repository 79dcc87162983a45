import { PluginFailure } from "../host/mod.ts";
import { type Check, ConformanceError } from "./check.ts";

/** How a check ended. */
export interface CheckResult {
  readonly name: string;
  /** What was expected and found; nothing where the check passed. */
  readonly failure: string | undefined;
  /** What is worth knowing where it passed. */
  readonly note: string | undefined;
  readonly milliseconds: number;
}

/** Puts a plugin to all checks of its kind; a failure does not keep it from the others. */
export async function* runChecks<Tested>(
  tested: Tested,
  checks: readonly Check<Tested>[],
): AsyncGenerator<CheckResult, void, void> {
  for (const { name, run } of checks) {
    const start = performance.now();
    const ended = await endOf(() => run(tested));
    yield { name, ...ended, milliseconds: performance.now() - start };
  }
}

async function endOf(
  action: () => Promise<string | void>,
): Promise<Pick<CheckResult, "failure" | "note">> {
  try {
    return { failure: undefined, note: await action() ?? undefined };
  } catch (error) {
    if (!(error instanceof ConformanceError || error instanceof PluginFailure)) throw error;
    return { failure: error.message, note: undefined };
  }
}

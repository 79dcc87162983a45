import { PluginFailure } from "../host/mod.ts";
import { type Check, ConformanceError } from "./check.ts";

/** How a check ended. */
export interface CheckResult {
  readonly name: string;
  /** Why it was not run; nothing where it was. */
  readonly leftOut: string | undefined;
  /** What was expected and found; nothing where the check passed or was not run. */
  readonly failure: string | undefined;
  /** What is worth knowing where it passed. */
  readonly note: string | undefined;
  readonly milliseconds: number;
}

const NOTHING = { leftOut: undefined, failure: undefined, note: undefined };

/** Puts a plugin to all checks of its kind; a failure does not keep it from the others. */
export async function* runChecks<Tested>(
  tested: Tested,
  checks: readonly Check<Tested>[],
): AsyncGenerator<CheckResult, void, void> {
  for (const check of checks) {
    const start = performance.now();
    const ended = await endOf(tested, check);
    const milliseconds = performance.now() - start;
    yield { ...NOTHING, ...ended, name: check.name, milliseconds };
  }
}

async function endOf<Tested>(
  tested: Tested,
  { leftOut, run }: Check<Tested>,
): Promise<Partial<CheckResult>> {
  try {
    const reason = await leftOut?.(tested);
    return reason === undefined ? { note: await run(tested) ?? undefined } : { leftOut: reason };
  } catch (error) {
    if (!(error instanceof ConformanceError || error instanceof PluginFailure)) throw error;
    return { failure: error.message };
  }
}

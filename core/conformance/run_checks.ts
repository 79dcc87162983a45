import { PluginFailure } from "../host/mod.ts";
import { ConformanceError, POLICY_CHECKS, type PolicyCheck, type Tested } from "./policy_checks.ts";

/** How a check ended. */
export interface CheckResult {
  readonly name: string;
  /** What was expected and found; nothing where the check passed. */
  readonly failure: string | undefined;
  readonly milliseconds: number;
}

/** Puts a policy to all checks; a failure does not keep it from the others. */
export async function* runChecks(
  tested: Tested,
  checks: readonly PolicyCheck[] = POLICY_CHECKS,
): AsyncGenerator<CheckResult, void, void> {
  for (const { name, run } of checks) {
    const start = performance.now();
    const failure = await failureOf(() => run(tested));
    yield { name, failure, milliseconds: performance.now() - start };
  }
}

async function failureOf(action: () => Promise<void>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (error instanceof ConformanceError || error instanceof PluginFailure) return error.message;
    throw error;
  }
}

import { EvaluationInputError, type Remedy } from "../../../core/eval/input_error.ts";
import { lowerFirst, UserError } from "../user_error.ts";

/** For each remedy, the option that brings it about. */
export type Advice = Readonly<Partial<Record<Remedy, string>>>;

/** What helps in every evaluation. */
const COMMON: Advice = { "another folder": "--output names another folder" };

/**
 * Runs an action; where an input does not fit, says which option would make it fit.
 *
 * @throws {UserError} in place of an {@linkcode EvaluationInputError} there is advice for
 */
export async function advising<T>(advice: Advice, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof EvaluationInputError) || error.remedy === undefined) throw error;
    const option = advice[error.remedy] ?? COMMON[error.remedy];
    if (option === undefined) throw error;
    throw new UserError(`${lowerFirst(error.message)}; ${option}`);
  }
}

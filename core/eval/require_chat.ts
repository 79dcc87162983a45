import { EvaluationInputError } from "./input_error.ts";
import type { EvaluatedModel } from "./evaluated_model.ts";

/**
 * What puts a prompt into a model's chat template.
 *
 * @throws {EvaluationInputError} if the model has none
 */
export function requireChat(model: EvaluatedModel): (prompt: string) => string {
  if (model.chat) return (prompt) => model.chat!(prompt);
  throw new EvaluationInputError(`${model.name}: expected a chat template but found none`);
}

/** Input an evaluation cannot use; the message is one line that says where, and what is wrong. */
export class EvaluationInputError extends Error {
  override readonly name = "EvaluationInputError";
}

/** What would make an input fit; which setting does is known to who has settings. */
export type Remedy = "shorter prompts" | "more words" | "other lengths" | "another folder";

/** Input an evaluation cannot use; the message is one line that says where, and what is wrong. */
export class EvaluationInputError extends Error {
  override readonly name = "EvaluationInputError";

  constructor(message: string, readonly remedy?: Remedy) {
    super(message);
  }

  /** The same with a place before its message. */
  at(place: string): EvaluationInputError {
    return new EvaluationInputError(`${place}: ${this.message}`, this.remedy);
  }
}

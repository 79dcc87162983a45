import { shareOfNumbers } from "./share_of_numbers.ts";

/**
 * The share of the prediction's numbers that are the number of the answer's paragraph (LongBench
 * metrics.py, passage_retrieval_en).
 *
 * @throws {RangeError} if the answer names no paragraph
 *
 * @example
 * ```ts
 * import { retrieval } from "./retrieval.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(retrieval("Paragraph 3", "Paragraph 3"), 1);
 * equal(retrieval("Paragraphs 3 and 4", "Paragraph 3"), 0.5);
 * ```
 */
export function retrieval(prediction: string, answer: string): number {
  const paragraph = paragraphOf(answer);
  if (paragraph === undefined) throw new RangeError(`Expected ${retrievalFault(answer)}`);
  return shareOfNumbers(prediction, paragraph);
}

/** What stands instead of an answer that {@linkcode retrieval} can score by; nothing if none does. */
export function retrievalFault(answer: string): string | undefined {
  if (paragraphOf(answer) !== undefined) return undefined;
  return `an answer such as "Paragraph 3" but found ${JSON.stringify(answer.slice(0, 60))}`;
}

function paragraphOf(answer: string): string | undefined {
  return /Paragraph (\p{Nd}+)/u.exec(answer)?.[1];
}

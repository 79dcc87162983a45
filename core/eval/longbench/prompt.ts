import { formatTemplate } from "../python/format.ts";
import type { EvaluationTokenizer } from "../evaluated_model.ts";
import type { LongBenchSample } from "./files.ts";

/**
 * A sample's prompt, its middle cut out if it is too long: the first and the last half of the
 * allowed tokens are turned back into text, without special tokens, and joined (LongBench pred.py).
 *
 * The text is tokenised again later, so the final length can differ by a few tokens.
 *
 * @param maxTokens the most tokens, those the tokenizer adds included; at least 2
 */
export function samplePrompt(
  { context, input }: LongBenchSample,
  template: string,
  tokenizer: EvaluationTokenizer,
  maxTokens: number,
): string {
  const prompt = formatTemplate(template, { context, input });
  const ids = tokenizer.encode(prompt, { special: true });
  if (ids.length <= maxTokens) return prompt;
  const half = Math.floor(maxTokens / 2);
  const text = (part: readonly number[]) => tokenizer.decode(part, { skipSpecial: true });
  return text(ids.slice(0, half)) + text(ids.slice(ids.length - half));
}

/** A prompt in two parts. */
interface SplitPrompt {
  /** Read at once, with dense attention. */
  readonly context: string;
  /** Read token by token, as decode steps. */
  readonly question: string;
}

/** The most characters that are read as the question. */
const QUESTION_CHARACTERS = 100;

/**
 * Cuts the question off a prompt as the STARC artifact does: at the last occurrence of the anchor,
 * but never more than the last 100 characters. Prompts of fewer than 100 characters without an
 * anchor stay whole.
 *
 * @example
 * ```ts
 * import { splitQuestion } from "./prompt.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(splitQuestion("x".repeat(200) + " Question: why?", "Question:").question, "Question: why?");
 * equal(splitQuestion("x".repeat(200), undefined).question.length, 100);
 * ```
 */
export function splitQuestion(prompt: string, anchor: string | undefined): SplitPrompt {
  const lastCharacters = fromEnd(prompt, QUESTION_CHARACTERS);
  const at = Math.max(lastCharacters, anchor === undefined ? -1 : prompt.lastIndexOf(anchor));
  return at < 0
    ? { context: prompt, question: "" }
    : { context: prompt.slice(0, at), question: prompt.slice(at) };
}

/** Where the last so many characters (code points) begin; -1 if there are fewer. */
function fromEnd(text: string, characters: number): number {
  let at = text.length;
  for (let left = characters; left > 0; left--) {
    if (at === 0) return -1;
    at -= isSurrogatePair(text, at - 2) ? 2 : 1;
  }
  return at;
}

function isSurrogatePair(text: string, at: number): boolean {
  return at >= 0 && text.codePointAt(at)! > 0xffff;
}

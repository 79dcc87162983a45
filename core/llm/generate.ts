import { greedy, type Sampler } from "./sampling.ts";

/** When and how to go on. */
export interface GenerateOptions {
  /** Most tokens to generate; at least 1. */
  readonly maxNewTokens: number;
  /** Tokens that end the text; the one met is given out as its last. None unless stated. */
  readonly endTokens?: readonly number[];
  /**
   * What an end token at the first place does: ends the text, is passed over as if it were any token
   * (the STARC artifact), or cannot be chosen (a minimum length of one). It ends unless stated.
   */
  readonly firstEnd?: "ends" | "ignored" | "barred";
  /** Chooses each token; the likeliest unless stated. */
  readonly sampler?: Sampler;
}

/** A sequence of a batch, and how it goes on. */
export interface Continued<Sequence> extends GenerateOptions {
  readonly sequence: Sequence;
  /** After the last token of the sequence. */
  readonly logits: Float32Array;
}

/** A token of a batch. */
export interface GeneratedToken {
  /** The sequence's place in the batch. */
  readonly index: number;
  readonly token: number;
  /** Whether it is the sequence's last. */
  readonly last: boolean;
}

/**
 * Continues a sequence, token by token, until an end token or the count is reached. The last token
 * is given out, not fed.
 *
 * @param sequence takes tokens and gives the logits after them
 * @param logits after the last token of the sequence
 * @throws {RangeError} where there is no token to choose
 *
 * @example
 * ```ts
 * import { generate } from "./generate.ts";
 * import { LanguageModel } from "./language_model.ts";
 * import { tinyLlama } from "./tiny_llama.ts";
 * import { equal } from "node:assert/strict";
 *
 * const model = await LanguageModel.open(tinyLlama);
 * const sequence = await model.sequence();
 * const logits = await sequence.prefill([68, 345, 410]);
 * const tokens = await Array.fromAsync(generate(sequence, logits, { maxNewTokens: 5 }));
 * equal(tokens.length, 5);
 * await model.close();
 * ```
 */
export async function* generate(
  sequence: { step(token: number): Promise<Float32Array> },
  logits: Float32Array,
  options: GenerateOptions,
): AsyncGenerator<number, void> {
  const step = async (_: unknown, [token]: readonly number[]) => [await sequence.step(token!)];
  const batch = [{ ...options, sequence, logits }];
  for await (const { token } of generateTogether(step, batch)) yield token;
}

/**
 * {@linkcode generate} for several sequences, which take each step together. Those that ended take
 * no part in the steps of the others.
 *
 * @param step feeds a token to each of some sequences and gives the logits after them
 */
export async function* generateTogether<Sequence>(
  step: (
    sequences: readonly Sequence[],
    tokens: readonly number[],
  ) => Promise<readonly Float32Array[]>,
  batch: readonly Continued<Sequence>[],
): AsyncGenerator<GeneratedToken, void> {
  let going = batch.map(({ sequence, logits, ...options }, index) => (
    { index, sequence, logits, text: new OngoingText(options) }
  ));
  while (going.length > 0) {
    const tokens = going.map(({ text, logits }) => text.choose(logits));
    for (const [i, { index, text }] of going.entries()) {
      yield { index, token: tokens[i]!, last: text.ended };
    }
    const fed = tokens.filter((_, i) => !going[i]!.text.ended);
    going = going.filter(({ text }) => !text.ended);
    if (going.length === 0) return;
    const logits = await step(going.map(({ sequence }) => sequence), fed);
    going = going.map((one, i) => ({ ...one, logits: logits[i]! }));
  }
}

/** Chooses a text's tokens, and knows when it ends. */
class OngoingText {
  readonly #options: Required<Omit<GenerateOptions, "endTokens">>;
  readonly #ends: ReadonlySet<number>;
  #count = 0;
  #ended = false;

  constructor(
    { maxNewTokens, endTokens = [], firstEnd = "ends", sampler = greedy }: GenerateOptions,
  ) {
    this.#options = { maxNewTokens, firstEnd, sampler };
    this.#ends = new Set(endTokens);
  }

  get ended(): boolean {
    return this.#ended;
  }

  choose(logits: Float32Array): number {
    const { maxNewTokens, firstEnd, sampler } = this.#options;
    const first = this.#count++ === 0;
    const token = sampler(logits, first && firstEnd === "barred" ? this.#ends : undefined);
    const ends = this.#ends.has(token) && !(first && firstEnd === "ignored");
    this.#ended = ends || this.#count >= maxNewTokens;
    return token;
  }
}

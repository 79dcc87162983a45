import type { TextTokenizer } from "./tokenizer.ts";

/** Tokens of the prompt that what follows is decoded beside: the longest character has four bytes. */
const CONTEXT_TOKENS = 8;

/**
 * A text that comes token by token. What a token adds depends on those around it: several may make
 * one character, and some tokenizers drop a space where a text begins.
 *
 * @example
 * ```ts
 * import { readModelConfig } from "./model_config.ts";
 * import { TextStream } from "./text_stream.ts";
 * import { tinyLlama } from "./tiny_llama.ts";
 * import { TextTokenizer } from "./tokenizer.ts";
 * import { equal } from "node:assert/strict";
 *
 * const tokenizer = TextTokenizer.open(tinyLlama, readModelConfig(tinyLlama));
 * const stream = new TextStream(tokenizer, tokenizer.encode("Call me"));
 * const pieces = tokenizer.encode(" Ishmaël.").map((token) => stream.push(token));
 * equal(pieces.join("") + stream.end(), " Ishmaël.");
 * ```
 */
export class TextStream {
  readonly #tokenizer: Pick<TextTokenizer, "decode">;
  readonly #tokens: number[];
  /** Where the tokens begin that the next ones are decoded beside. */
  #start = 0;
  /** Tokens whose text was given out. */
  #given: number;

  /** @param prompt what the text follows; not given out */
  constructor(tokenizer: Pick<TextTokenizer, "decode">, prompt: readonly number[] = []) {
    this.#tokenizer = tokenizer;
    this.#tokens = prompt.slice(-CONTEXT_TOKENS);
    this.#given = this.#tokens.length;
  }

  /** Adds a token and gives what is certain of its text. */
  push(token: number): string {
    this.#tokens.push(token);
    const added = this.#added();
    // The beginning of a character of several tokens decodes to a replacement character.
    return added.endsWith("\uFFFD") ? "" : this.#give(added);
  }

  /** Gives what is left. */
  end(): string {
    return this.#give(this.#added());
  }

  #added(): string {
    const decode = (end?: number) =>
      this.#tokenizer.decode(this.#tokens.slice(this.#start, end), { skipSpecial: true });
    return decode().slice(decode(this.#given).length);
  }

  #give(text: string): string {
    if (text === "") return text;
    this.#start = Math.max(this.#start, this.#given - CONTEXT_TOKENS);
    this.#given = this.#tokens.length;
    return text;
  }
}

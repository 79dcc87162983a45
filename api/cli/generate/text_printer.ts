/**
 * Prints texts that come piece by piece, in the order of their prompts: the first one as it comes,
 * each other from when those before it have ended. Where there are several, each has a heading.
 *
 * @example
 * ```ts
 * import { TextPrinter } from "./text_printer.ts";
 * import { equal } from "node:assert/strict";
 *
 * let shown = "";
 * const printer = new TextPrinter((text) => shown += text, 2);
 * printer.add(0, "Call", false);
 * printer.add(1, "It was", true);
 * printer.add(0, " me", true);
 * equal(shown, "==> prompt 1 <==\nCall me\n\n==> prompt 2 <==\nIt was\n");
 * ```
 */
export class TextPrinter {
  readonly #out: (text: string) => void;
  readonly #waiting: string[];
  readonly #ended: boolean[];
  /** The text that is being printed. */
  #at = 0;
  #endsLine = true;

  /** @param texts how many there are */
  constructor(out: (text: string) => void, texts: number) {
    this.#out = out;
    this.#waiting = Array(texts).fill("");
    this.#ended = Array(texts).fill(false);
    this.#begin();
  }

  /** Takes a piece of a text. */
  add(index: number, piece: string, last: boolean) {
    this.#waiting[index] += piece;
    this.#ended[index] = last;
    while (this.#at < this.#waiting.length) {
      this.#print(this.#waiting[this.#at]!);
      this.#waiting[this.#at] = "";
      if (!this.#ended[this.#at]) return;
      if (!this.#endsLine) this.#print("\n");
      this.#at++;
      this.#begin();
    }
  }

  #begin() {
    const texts = this.#waiting.length;
    if (texts === 1 || this.#at === texts) return;
    this.#print(`${this.#at === 0 ? "" : "\n"}==> prompt ${this.#at + 1} <==\n`);
  }

  #print(text: string) {
    if (text === "") return;
    this.#out(text);
    this.#endsLine = text.endsWith("\n");
  }
}

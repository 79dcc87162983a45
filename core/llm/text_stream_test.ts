import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { readModelConfig } from "./model_config.ts";
import { TextStream } from "./text_stream.ts";
import { tinyLlama } from "./tiny_llama.ts";
import { TextTokenizer } from "./tokenizer.ts";

const tokenizer = TextTokenizer.open(tinyLlama, readModelConfig(tinyLlama));

function streamed(text: string, prompt = "", by: Pick<TextTokenizer, "decode"> = tokenizer) {
  const stream = new TextStream(by, tokenizer.encode(prompt, { special: false }));
  const pieces = tokenizer.encode(text, { special: false }).map((token) => stream.push(token));
  return [...pieces, stream.end()];
}

Deno.test("the pieces of any text make the text", () => {
  const texts = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(texts, texts, (text, prompt) => equal(streamed(text, prompt).join(""), text)),
  );
});

Deno.test("a character of several tokens comes whole", () => {
  const pieces = streamed("a\u{1F433}b");
  deepEqual(pieces.filter((piece) => piece !== ""), ["a", "\u{1F433}", "b"]);
  const stream = new TextStream(tokenizer);
  const [first] = tokenizer.encode("\u{1F433}", { special: false });
  equal(stream.push(first!), "");
  // Half a character at the very end is told, not kept back.
  equal(stream.end(), "\uFFFD");
});

Deno.test("a space at the beginning stays, where a tokenizer drops that of a text", () => {
  const trimming: Pick<TextTokenizer, "decode"> = {
    decode: (tokens, options) => tokenizer.decode(tokens, options).trimStart(),
  };
  equal(streamed(" me Ishmael", "Call", trimming).join(""), " me Ishmael");
});

import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { BYTE_TOKENIZER } from "../testing/fake_model.ts";
import { samplePrompt, splitQuestion } from "./prompt.ts";
import { sample } from "../testing/longbench_samples.ts";

Deno.test("the question is the anchor's part, but at most 100 characters", () => {
  const long = "x".repeat(300);
  equal(splitQuestion(`${long} Question: q`, "Question:").question, "Question: q");
  equal(splitQuestion(`Question: ${long}`, "Question:").question, "x".repeat(100));
  equal(splitQuestion(`Question: a ${long} Question: b`, "Question:").question, "Question: b");
  equal(splitQuestion(long, undefined).question.length, 100);
  deepEqual(splitQuestion("short", undefined), { context: "short", question: "" });
  deepEqual(splitQuestion("x".repeat(99), undefined).question, "");
  deepEqual(splitQuestion("x".repeat(100), undefined).context, "");
  equal(splitQuestion("short Now, what?", "Now,").question, "Now, what?");
  // Characters are code points.
  equal(splitQuestion("😀".repeat(150), undefined).question, "😀".repeat(100));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const { context, question } = splitQuestion(text, undefined);
    equal(context + question, text);
    equal([...question].length, [...text].length < 100 ? 0 : 100);
  }));
});

Deno.test("a long prompt loses its middle, by tokens", () => {
  const cut = samplePrompt(sample("0123456789", "?", []), "{context}{input}", BYTE_TOKENIZER, 8);
  // Of <s>0123456789? the first four tokens and the last four.
  equal(cut, "012789?");
  equal(
    samplePrompt(sample("0123456789", "?", []), "{context}{input}", BYTE_TOKENIZER, 12),
    "0123456789?",
  );
  equal(
    samplePrompt(sample("0123456789", "?", []), "{context}{input}", BYTE_TOKENIZER, 7),
    "0189?",
  );
});

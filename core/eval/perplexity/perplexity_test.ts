import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { digestText } from "../digest.ts";
import { fakeModel } from "../testing/fake_model.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { evaluatePerplexity, type PerplexityOptions } from "./evaluate.ts";
import { readEvaluatedText } from "./evaluated_text.ts";
import { negativeLogLikelihood, sequenceNll } from "./sequence_nll.ts";

const TEXT = "abcabcabc";
/** The fake's logits are 1 for the character it expects and 0 for the 257 other tokens. */
const SUM = Math.log(257 + Math.E);
/** Expects the alphabet to go on, and "a" behind "c". */
const cycle = () => fakeModel((text) => ({ a: "b", b: "c" }[text.at(-1) ?? ""] ?? "a"));

/** Runs a text file in a folder of its own. */
async function evaluate(text: string, options: Partial<PerplexityOptions> = {}) {
  using folder = temporaryFolder();
  writeFileSync(folder.path("book.txt"), text);
  const model = options.model ?? cycle();
  const record = await evaluatePerplexity({
    model,
    text: readEvaluatedText(folder.path("book.txt")),
    out: folder.path("out"),
    protocol: "once",
    ...options,
  });
  const read = (name: string) => readFileSync(folder.path("out", name), "utf8");
  const running = read("log_PG19.txt").trim().split("\n").map(Number);
  return {
    record,
    running,
    final: Number(read("ppl_PG19.txt")),
    kept: JSON.parse(read("ppl_PG19.json")),
    call: (model as ReturnType<typeof cycle>).calls[0]!,
  };
}

Deno.test("every token behind the first is predicted once, from all before it", async () => {
  const { record, call, running, final, kept } = await evaluate(TEXT);
  // All nine are foreseen.
  equal(record.scores.predictedTokens, 9);
  ok(Math.abs(Number(record.scores.nll) - (SUM - 1)) < 1e-12);
  equal(call.prefilled, "<s>");
  equal(call.stepped, "abcabcab");
  equal(running.length, 9);
  equal(final, record.scores.perplexity);
  equal(running.at(-1), final);
  deepEqual(kept, record);
  deepEqual([record.evaluation, record.protocol], ["perplexity", "once"]);
});

Deno.test("the running file is the perplexity of all tokens so far", async () => {
  const { running } = await evaluate("abx");
  const expected = [SUM - 1, SUM - 1, (3 * SUM - 2) / 3].map(Math.exp);
  running.forEach((value, i) => ok(Math.abs(value / expected[i]! - 1) < 1e-12));
});

Deno.test("the artifact reads its first token twice, the second time as a step", async () => {
  const { call, record } = await evaluate(TEXT, { protocol: "artifact" });
  equal(call.prefilled, "");
  equal(call.stepped, "<s><s>abcabcab");
  equal(record.scores.predictedTokens, 9);
  const later = await evaluate(TEXT, { protocol: "artifact", start: 3 });
  equal(later.call.prefilled, "<s>abc");
  equal(later.call.stepped, "cabcab");
});

Deno.test("a later start reads more at once and predicts less", async () => {
  const { call, record } = await evaluate(TEXT, { start: 3 });
  equal(call.prefilled, "<s>abc");
  equal(call.stepped, "abcab");
  equal(record.scores.predictedTokens, 6);
});

Deno.test("it stops at the number of tokens asked for", async () => {
  const { call, record, running } = await evaluate(TEXT, { maxTokens: 2 });
  equal(record.scores.predictedTokens, 2);
  equal(running.length, 2);
  equal(call.stepped, "a");
});

Deno.test("recall is measured along where asked", async () => {
  // Two of the most relevant are kept; of the two and four most relevant.
  const { record } = await evaluate(TEXT, { recallBudget: 2 });
  deepEqual(record.cost.recall, [{ sum: 0, count: 0 }, { sum: 0, count: 0 }, { sum: 8, count: 8 }]);
  equal((await evaluate(TEXT)).record.cost.recall, null);
});

Deno.test("a text that is absent, too short or too long is refused in one line", async () => {
  await rejects(evaluate(""), {
    name: "EvaluationInputError",
    message: /book\.txt: expected at least 2 tokens but found 1$/,
  });
  throws(() => readEvaluatedText("none.txt"), /none\.txt: expected a file but found none/);
  const model = fakeModel(() => "", { contextTokens: 8 });
  await rejects(
    evaluate(TEXT, { model }),
    /book\.txt: expected a prompt of at most 8 tokens, as fake holds no more, but found 9$/,
  );
  await evaluate(TEXT, { model, maxTokens: 8 });
  await rejects(evaluate(TEXT, { model, maxTokens: 8, protocol: "artifact" }), /but found 9$/);
});

Deno.test("a text is what it was when it was read, whatever becomes of its file", async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.path("book.txt"), TEXT);
  const text = readEvaluatedText(folder.path("book.txt"));
  writeFileSync(folder.path("book.txt"), "another");
  const { record } = await evaluate("", { text });
  deepEqual([record.scores.predictedTokens, record.digests.text], [9, digestText(TEXT)]);
});

Deno.test("it can be stopped between tokens", async () => {
  const stop = new AbortController();
  await rejects(
    evaluate(TEXT, { signal: stop.signal, onToken: (count) => count === 3 && stop.abort() }),
    { name: "AbortError" },
  );
});

Deno.test("likelihoods are exact for logits of any size", () => {
  equal(negativeLogLikelihood(Float32Array.of(1000, 1000), 0), Math.log(2));
  equal(negativeLogLikelihood(Float32Array.of(-1e30, 0), 1), 0);
  equal(negativeLogLikelihood(Float32Array.of(-1e30, 0), 0), -Math.fround(-1e30));
  throws(() => negativeLogLikelihood(Float32Array.of(1), 1), {
    message: "Expected a token below 1 but found 1",
  });
});

Deno.test("a sequence's likelihoods come token by token", async () => {
  const session = await cycle().open("s");
  const ids = "abx".split("").map((letter) => letter.charCodeAt(0) + 2);
  const nlls = await sequenceNll(session, ids, { protocol: "once", start: 0, maxTokens: 9 });
  deepEqual([...nlls].map((nll) => Math.round(nll - SUM)), [-1, 0]);
});

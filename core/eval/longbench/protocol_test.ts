import { equal, rejects } from "node:assert/strict";
import { BYTE_TOKENIZER, fakeModel, replyBehind } from "../testing/fake_model.ts";
import { type LongBenchOptions } from "./evaluate.ts";
import { answer } from "./protocol.ts";
import { FILLER } from "../testing/longbench_samples.ts";

Deno.test("each protocol reads what it says at once and step by step", async () => {
  const prompt = `${FILLER}Question: where?\nAnswer:`;
  const run = async (protocol: LongBenchOptions["protocol"]) => {
    const model = fakeModel(replyBehind("Answer:", "Paris"));
    const session = await model.open("s");
    const result = await answer(
      model,
      session,
      { task: "hotpotqa", prompt, maxGeneratedTokens: 3 },
      protocol,
    );
    return { ...result, ...model.calls[0]! };
  };
  const artifact = await run("artifact");
  equal(artifact.prefilled, `<s>${FILLER}`);
  // The token it drops is the beginning-of-text token here.
  equal(artifact.stepped, "Question: where?\nAnswer:Pa");
  equal(artifact.text, "Par");
  equal(artifact.promptTokens, 1 + prompt.length);
  const official = await run("official");
  equal(official.prefilled, `<s>${prompt}`);
  equal(official.stepped, "Pa");
});

/** Adds no token to a text. */
const tokenizer = {
  ...BYTE_TOKENIZER,
  encode: (text: string) => BYTE_TOKENIZER.encode(text, { special: false }),
};

Deno.test("the artifact drops a real token where the tokenizer adds none", async () => {
  const stepped = async (protocol: LongBenchOptions["protocol"]) => {
    const model = fakeModel(() => "", { tokenizer });
    const question = { task: "hotpotqa", maxGeneratedTokens: 1 } as const;
    await answer(
      model,
      await model.open("s"),
      { ...question, prompt: `${FILLER}Question: q` },
      protocol,
    );
    return model.calls[0]!.stepped;
  };
  equal(await stepped("artifact"), "uestion: q");
  equal(await stepped("question-as-decode"), "Question: q");
});

Deno.test("a prompt that is all question is read step by step, an empty one is refused", async () => {
  for (const protocol of ["artifact", "question-as-decode", "official"] as const) {
    const model = fakeModel(() => "", { tokenizer });
    const question = { task: "hotpotqa", maxGeneratedTokens: 1 } as const;
    const prompt = "x".repeat(100);
    const { promptTokens } = await answer(
      model,
      await model.open("s"),
      { ...question, prompt },
      protocol,
    );
    equal(promptTokens, protocol === "artifact" ? 99 : 100);
    equal(model.calls[0]!.prefilled === "", protocol !== "official");
    const empty = answer(model, await model.open("s"), { ...question, prompt: "" }, protocol);
    await rejects(empty, {
      name: "EvaluationInputError",
      message: "expected a prompt of at least one token but found none",
    });
  }
});

Deno.test("a stop token at the first place is passed over, stops or is barred", async () => {
  const generated = async (task: "hotpotqa" | "samsum", protocol: LongBenchOptions["protocol"]) => {
    // Whatever it reads, it ends.
    const model = fakeModel(() => "");
    const result = await answer(
      model,
      await model.open("s"),
      { task, prompt: "why?", maxGeneratedTokens: 9 },
      protocol,
    );
    return result.generatedTokens;
  };
  equal(await generated("hotpotqa", "artifact"), 2);
  equal(await generated("hotpotqa", "question-as-decode"), 1);
  equal(await generated("hotpotqa", "official"), 1);
  equal(await generated("samsum", "official"), 2);
});

Deno.test("samsum ends at a line feed in the official protocol only", async () => {
  const text = async (protocol: LongBenchOptions["protocol"]) => {
    const model = fakeModel(replyBehind("?", "one\ntwo"));
    const question = { task: "samsum", prompt: "why?", maxGeneratedTokens: 9 } as const;
    return (await answer(model, await model.open("s"), question, protocol)).text;
  };
  equal(await text("official"), "one\n");
  equal(await text("question-as-decode"), "one\ntwo");
});

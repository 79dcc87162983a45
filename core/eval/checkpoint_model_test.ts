import { deepEqual, equal } from "node:assert/strict";
import { fullAttention, type KvPolicy, type PolicyLayer } from "../llm/kv_policy.ts";
import { tinyLlama } from "../llm/tiny_llama.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { checkpointModel } from "./checkpoint_model.ts";
import type { EvaluatedModel } from "./evaluated_model.ts";
import { answer } from "./longbench/protocol.ts";
import { measurePerplexity } from "./perplexity/measure.ts";

/** Runs a test on the tiny model, and tells for how many tokens policies' sessions were opened. */
async function roomFor(test: (model: EvaluatedModel) => Promise<unknown>): Promise<Set<number>> {
  const room = new Set<number>();
  const policy: KvPolicy = {
    ...fullAttention,
    open: (layer: PolicyLayer) => {
      room.add(layer.maxTokens);
      return fullAttention.open(layer);
    },
  };
  await using checkpoint = await openCheckpoint(tinyLlama);
  const identity = {
    ...{ name: "full", version: "1", digest: "", budget: 1 },
    ...{ parameters: {}, denseLayers: [] },
  };
  await test(checkpointModel(checkpoint, { identity, policy }));
  return room;
}

const TEXT =
  "Call me Ishmael. Some years ago, never mind how long precisely, I thought I would sail.";

Deno.test("a text is read in a sequence as long as what is read of it, not the model's context", async () => {
  for (const [protocol, tokens] of [["artifact", 15], ["once", 14]] as const) {
    const text = { name: "text", content: TEXT };
    const options = { text, protocol, start: 4, maxTokens: 10 };
    deepEqual(
      await roomFor((model) => measurePerplexity({ ...options, model })),
      new Set([tokens]),
    );
  }
});

Deno.test("a question is answered in a sequence as long as it and its answer", async () => {
  for (const protocol of ["official", "question-as-decode"] as const) {
    let tokens = 0;
    const question = { task: "qasper", prompt: TEXT, maxGeneratedTokens: 6 } as const;
    const room = await roomFor(async (model) => {
      await using session = await model.open("sample");
      tokens = (await answer(model, session, question, protocol)).promptTokens;
    });
    // The last token that is generated is not read.
    deepEqual(room, new Set([tokens + 5]));
  }
});

Deno.test("a sequence whose length nobody tells has room for the model's context", async () => {
  const room = await roomFor(async (model) => {
    await using session = await model.open("sample");
    equal((await session.step(1)).length > 0, true);
  });
  deepEqual(room, new Set([1024]));
});

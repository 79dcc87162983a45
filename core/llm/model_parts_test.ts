import { equal, rejects } from "node:assert/strict";
import { LanguageModel } from "./language_model.ts";
import { SegmentSession } from "./onnx/segment_session.ts";
import { tinyLlama } from "./tiny_llama.ts";

Deno.test("a segment that could not be loaded is loaded when it is needed again", async () => {
  const model = await LanguageModel.open(tinyLlama);
  const { parts } = model;
  const hidden = parts.embed([1]);
  const project = () => parts.beforeAttention(1, hidden, parts.rotary([0], 1));
  const { load } = SegmentSession;
  SegmentSession.load = () => Promise.reject(new Error("out of memory"));
  try {
    await rejects(project(), /out of memory/);
  } finally {
    SegmentSession.load = load;
  }
  const { queryHeads, headDim } = model.config;
  equal((await project()).queries.length, queryHeads * headDim);
  await model.close();
});

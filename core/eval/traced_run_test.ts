import { deepEqual, equal, rejects } from "node:assert/strict";
import { truncateSync } from "node:fs";
import { budgetTable } from "../attention/budget_table.ts";
import { createTraceFile, readTraceFile, resumeTraceFile } from "../attention/trace_file.ts";
import type { TraceHeader } from "../attention/trace_format.ts";
import { TraceRecorder } from "../attention/trace_recorder.ts";
import type { LanguageModel, TextTokenizer } from "./language_model.ts";
import { evaluateLongBench, planLongBench } from "./longbench/evaluate.ts";
import { type DecoderSequence, recordedModel, type SequenceObservers } from "./recorded_model.ts";
import { finishedSamples } from "./sample_log.ts";
import { fakeModel, replyBehind } from "./testing/fake_model.ts";
import { longBench, SAMPLES } from "./testing/longbench_samples.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const HEADER: TraceHeader = {
  version: 1,
  model: { name: "fake", digest: "ab", layers: 2, queryHeads: 1, kvHeads: 1, headDim: 64 },
  policy: { name: "p", version: "1", digest: "", budget: 2, parameters: {}, denseLayers: [0] },
  headUnit: "query-head",
  lists: ["tokens"],
};

/** A model whose steps attend to the first token and their own, and are recorded. */
function tracedModel(recorder: TraceRecorder): LanguageModel {
  const fake = fakeModel(replyBehind("Answer:", "Paris"));
  const sequence = async ({ recorder }: SequenceObservers): Promise<DecoderSequence> => {
    const session = await fake.open("");
    let position = 0;
    return {
      prefill(ids) {
        position = ids.length;
        return session.prefill(ids);
      },
      step(id) {
        const value = {
          per: "query-head",
          offsets: Uint32Array.of(0, 2),
          tokens: Uint32Array.of(0, position),
        } as const;
        recorder?.onSelection(1, position++, { tag: "only", value }, undefined);
        return session.step(id);
      },
      close() {},
    };
  };
  return recordedModel({ ...fake, sequence, recorder });
}

Deno.test("a run and its trace go on together after an interruption", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  const run = async (limit?: number) => {
    const { model: _, ...options } = longBench(folder, SAMPLES);
    const planned = { ...options, model: fakeModel(() => ""), limit, trace };
    const { path, identity } = await planLongBench(planned);
    const finished = finishedSamples(path, identity);
    using file = await resumeTraceFile(trace, HEADER, finished);
    const model = tracedModel(new TraceRecorder(HEADER, file.writer));
    const record = await evaluateLongBench({ ...planned, model });
    file.end();
    return { record, path };
  };
  const { path } = await run(2);
  // The second sample is in the trace, but its result was lost.
  truncateSync(path, 10 + (await Deno.readTextFile(path)).indexOf("\n"));
  const { record } = await run();

  equal(record.samples, 3);
  equal(record.trace, trace);
  const names: string[] = [];
  let selections = 0;
  for await (const event of (await readTraceFile(trace)).events) {
    if (event.kind === "sample") names.push(event.name);
    if (event.kind === "selections") selections += event.rows;
  }
  deepEqual(names, ["hotpotqa/0", "hotpotqa/1", "hotpotqa/2"]);
  equal(selections, record.cost.rows!.selections);
  const table = await budgetTable(await readTraceFile(trace), { concatenate: true });
  equal(table.length, selections);
  // Every step needs the first row and its own, unless that is the first.
  equal(table.every((tokens) => tokens === 32 || tokens === 16), true);
});

Deno.test("a sample that fails is not finished in the trace", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  const { model: _, ...options } = longBench(folder, SAMPLES);
  {
    using file = createTraceFile(trace, HEADER);
    const model = tracedModel(new TraceRecorder(HEADER, file.writer));
    const failing = { ...model, tokenizer: failingAt(model.tokenizer, "Größte") };
    await rejects(evaluateLongBench({ ...options, model: failing }), /the tokenizer failed/);
  }
  const kinds: string[] = [];
  for await (
    const event of (await readTraceFile(`${trace}.partial`, { interrupted: true })).events
  ) {
    kinds.push(event.kind);
  }
  deepEqual(kinds, ["sample", "selections", "sampleEnd", "sample"]);
});

function failingAt(tokenizer: TextTokenizer, text: string): TextTokenizer {
  return {
    ...tokenizer,
    encode(input, options) {
      if (input.includes(text)) throw new Error("the tokenizer failed");
      return tokenizer.encode(input, options);
    },
  };
}

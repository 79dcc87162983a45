import { deepEqual, equal, rejects } from "node:assert/strict";
import { truncateSync } from "node:fs";
import { budgetTable } from "../attention/budget_table.ts";
import { readTraceFile } from "../attention/trace_file.ts";
import type { TraceHeader } from "../attention/trace_format.ts";
import { TraceRecorder } from "../attention/trace_recorder.ts";
import type { EvaluatedModel, EvaluationTokenizer } from "./evaluated_model.ts";
import { evaluateLongBench, planLongBench } from "./longbench/evaluate.ts";
import { type DecoderSequence, recordedModel, type SequenceObservers } from "./recorded_model.ts";
import { digestFile } from "./digest.ts";
import { recordAt } from "./record_at.ts";
import { isTraceOf } from "./recorded_trace.ts";
import { openSampleTrace, traceWriterName } from "./sample_trace.ts";
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
function tracedModel(recorder: TraceRecorder): EvaluatedModel {
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

/** Runs the samples of a folder with their trace, or without. */
async function traced(folder: ReturnType<typeof temporaryFolder>, trace?: string, limit?: number) {
  const { model: _, ...options } = longBench(folder, SAMPLES);
  const planned = { ...options, model: fakeModel(() => ""), limit };
  const plan = await planLongBench(planned);
  using file = trace === undefined ? undefined : await openSampleTrace(trace, HEADER, plan);
  const model = tracedModel(new TraceRecorder(HEADER, file?.writer));
  return { record: await evaluateLongBench({ ...planned, model, trace: file }), path: plan.path };
}

Deno.test("a run and its trace go on together after an interruption", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  const { path } = await traced(folder, trace, 2);
  // The second sample is in the trace, but its result was lost.
  truncateSync(path, 10 + (await Deno.readTextFile(path)).indexOf("\n"));
  const { record } = await traced(folder, trace);

  equal(record.samples, 3);
  equal(record.trace, trace);
  equal(record.traceDigest, await digestFile(trace));
  equal(await isTraceOf(record, { path: trace, header: HEADER }), true);
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

Deno.test("a record keeps its trace as long as no sample is added without one", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  const { record: first } = await traced(folder, trace, 2);
  const { record: again } = await traced(folder, undefined, 2);
  deepEqual([again.trace, again.traceDigest], [trace, first.traceDigest]);
  const { record: fewer } = await traced(folder, trace, 1);
  equal(fewer.traceDigest, first.traceDigest);
  const { record: more, path } = await traced(folder);
  deepEqual([more.samples, more.trace, more.traceDigest], [3, null, undefined]);
  await rejects(traced(folder, trace), {
    message: `${trace}: expected 3 finished samples but found 2`,
  });
  deepEqual(recordAt(path.replace(/jsonl$/, "json")), JSON.parse(JSON.stringify(more)));
});

Deno.test("a run that stops between its record and its trace is gone on from", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  await traced(folder, trace, 1);
  const before = await digestFile(trace);
  const { model: _, ...options } = longBench(folder, SAMPLES);
  const plan = await planLongBench({ ...options, model: fakeModel(() => "") });
  const record = plan.path.replace(/jsonl$/, "json");
  {
    using file = await openSampleTrace(trace, HEADER, plan);
    file.commit = () => {
      throw new Error("killed");
    };
    const model = tracedModel(new TraceRecorder(HEADER, file.writer));
    await rejects(evaluateLongBench({ ...options, model, trace: file }), /killed/);
  }
  equal(await digestFile(trace), before);
  equal(await isTraceOf(recordAt(record)!, { path: trace, header: HEADER }), false);
  // Without a trace the record names none, since its own never took its place.
  equal((await traced(folder)).record.traceDigest, undefined);
  const { record: { traceDigest, samples } } = await traced(folder, trace);
  equal(samples, 3);
  equal(await digestFile(trace), traceDigest);
  equal(recordAt(record)!.traceDigest, traceDigest);
});

Deno.test("a trace that cannot be ended leaves the earlier record with the trace it is of", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  const { path } = await traced(folder, trace, 1);
  const record = path.replace(/jsonl$/, "json");
  const { model: _, ...options } = longBench(folder, SAMPLES);
  const model = fakeModel(replyBehind("Answer:", "Paris"));
  const full = () => {
    throw new Error("no space left");
  };
  const failing = { ...options, model, trace: { path: trace, finish: full, commit: full } };
  await rejects(evaluateLongBench(failing), /no space left/);
  equal(await isTraceOf(recordAt(record)!, { path: trace, header: HEADER }), true);
  equal(recordAt(record)!.samples, 1);
});

Deno.test("neither a trace of other samples nor one of other settings is gone on from", async () => {
  using folder = temporaryFolder();
  const { model: _, ...options } = longBench(folder, SAMPLES);
  const model = fakeModel(() => "");
  const plan = await planLongBench({ ...options, model });
  const others = await planLongBench({ ...options, model, protocol: "official" });
  const [first, ...rest] = plan.file.samples;
  const swapped = { ...plan, file: { ...plan.file, samples: [...rest, first!] } };
  const fewer = { ...plan, file: { ...plan.file, samples: [first!] } };
  const name = traceWriterName(plan);
  equal(/^[0-9a-f]{16}$/.test(name), true);
  deepEqual(
    [others, swapped, fewer].map((other) => traceWriterName(other) === name),
    [false, false, true],
  );
});

Deno.test("a sample that fails is not finished in the trace", async () => {
  using folder = temporaryFolder();
  const trace = folder.path("a.trace");
  const { model: _, ...options } = longBench(folder, SAMPLES);
  const plan = await planLongBench({ ...options, model: fakeModel(() => "") });
  {
    using file = await openSampleTrace(trace, HEADER, plan);
    const model = tracedModel(new TraceRecorder(HEADER, file.writer));
    const failing = { ...model, tokenizer: failingAt(model.tokenizer, "Größte") };
    await rejects(evaluateLongBench({ ...options, model: failing }), /the tokenizer failed/);
  }
  const partial = `${trace}.${traceWriterName(plan)}.partial`;
  const kinds: string[] = [];
  for await (
    const event of (await readTraceFile(partial, { interrupted: true })).events
  ) {
    kinds.push(event.kind);
  }
  deepEqual(kinds, ["sample", "selections", "sampleEnd", "sample"]);
});

function failingAt(tokenizer: EvaluationTokenizer, text: string): EvaluationTokenizer {
  return {
    ...tokenizer,
    encode(input, options) {
      if (input.includes(text)) throw new Error("the tokenizer failed");
      return tokenizer.encode(input, options);
    },
  };
}

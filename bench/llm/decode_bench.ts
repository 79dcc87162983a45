// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * How fast decoding is.
 *
 * `deno run -A bench/llm/decode_bench.ts [tiny] [policies] [long] [1b] [memory]` measures, in one
 * process:
 *
 * 1. `tiny`: the tiny model at its full context of 1,024 tokens. Each way of decoding has a
 *    sequence of its own with a prompt of 959 tokens; the first step, in which a policy prepares the
 *    prompt, is not timed, the other 64 are; the ways take
 *    turns, seven times, and the fastest is shown; beside it the median of what each turn took of that
 *    turn's `dense`, since a machine's speed varies by more than a policy costs. `dense` has no
 *    policy; `everything` is a policy that says so; `all listed` names every token for every head;
 *    `64 recent` names the last 64 tokens.
 * 2. `policies`: the same under every policy of this repository, in the plugin host, metered and its
 *    answers read in place as in evaluations, at a budget of 256 tokens; beside `dense` each is held
 *    against `full`, which is full attention as a policy.
 * 3. `long`: some of them on a model of Llama-3.2-1B's shape with 8 layers and random weights of 4
 *    bits, behind a prompt of 4,032 tokens, at a budget of 1,024. They take turns of 8 tokens, and
 *    the median of eight turns is shown, of a token and of what it is of that turn's `dense`.
 * 4. `1b`: a model of Llama-3.2-1B's shape (16 layers, hidden 2048, 8 KV heads, vocabulary 128,256)
 *    with random weights of 4 bits, beside its matrix products alone: the same matrices, the same
 *    operator and threads, one ONNX Runtime session a layer, on inputs of its own. Both take turns
 *    of 8 tokens after a prompt of 64; the fastest of ten is shown.
 * 5. `memory`: what a process holds that has read 256 tokens and decoded 8, less what it held before
 *    it loaded the model, for the shapes of Llama-3.2-1B and Llama-3.1-8B. One of them comes from a
 *    bfloat16 safetensors file of 2.5 GB, written for the purpose.
 *
 * Without a choice, all but `long` and `memory`, which take minutes, the last of them and 6 GB.
 *
 * @module
 */
import Table from "cli-table3";
import { fileURLToPath } from "node:url";
import { builtInPolicies } from "../../core/host/built_in_policies.ts";
import { EVERYTHING, fullAttention, type KvPolicy } from "../../core/llm/kv_policy.ts";
import { LanguageModel } from "../../core/llm/language_model.ts";
import type { ModelConfig } from "../../core/llm/model_config.ts";
import { linear, type LinearPart } from "../../core/llm/onnx/linear.ts";
import { OnnxGraph } from "../../core/llm/onnx/onnx_graph.ts";
import { SegmentSession } from "../../core/llm/onnx/segment_session.ts";
import { pluginPolicy } from "../../core/llm/plugin_policy.ts";
import type { Sequence } from "../../core/llm/sequence.ts";
import { layerTensors, modelTensors } from "../../core/llm/tensor_names.ts";
import { tinyLlama } from "../../core/llm/tiny_llama.ts";
import { allTokens, tokenSetsOf } from "../../core/llm/token_sets.ts";
import { builtPolicy } from "../../plugins/testing/built_plugin.ts";
import { median } from "../median.ts";
import { orUsage, wordOf } from "./arguments.ts";
import { GREEDY, LLAMA_1B } from "./llama_shapes.ts";
import type { MemoryProbe, MemoryReport } from "./memory_probe.ts";
import { RandomWeights } from "./random_weights.ts";
import { writeCheckpoint } from "./write_checkpoint.ts";

const THREADS = navigator.hardwareConcurrency;

/** A policy that shows every head the tokens from some place on, in lists made anew each time. */
function showing(from: (position: number) => number): KvPolicy {
  return {
    ...fullAttention,
    open: async (layer) => {
      const tokens = allTokens(layer.maxTokens);
      return {
        ...await fullAttention.open(layer),
        select: ({ position }) => {
          const list = tokens.subarray(from(position), position + 1);
          const value = tokenSetsOf(Array.from({ length: layer.queryHeads }, () => list));
          return { ...EVERYTHING, visible: { tag: "only", value } };
        },
      };
    },
  };
}

const WAYS: Readonly<Record<string, KvPolicy | undefined>> = {
  dense: undefined,
  everything: fullAttention,
  "all listed": showing(() => 0),
  "64 recent": showing((position) => Math.max(0, position - 63)),
};

/** Milliseconds a step over so many steps. */
async function stepTime(sequence: Sequence, steps: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < steps; i++) await sequence.step(1 + i);
  return (performance.now() - begin) / steps;
}

/** Policies of this repository, metered. */
async function builtIns(
  names: readonly string[],
  budget: number,
): Promise<Record<string, KvPolicy>> {
  const policies = names.map(async (name) => {
    const policy = await builtPolicy(name, { metering: true, answers: "in-place" });
    return [name, await pluginPolicy(policy, { budget })] as const;
  });
  return Object.fromEntries(await Promise.all(policies));
}

async function measureTiny(ways: Readonly<Record<string, KvPolicy | undefined>>) {
  const model = await LanguageModel.open(tinyLlama);
  const prompt = Array.from({ length: 959 }, (_, i) => 1 + i % 2000);
  const times = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < 7; round++) {
    for (const [way, policy] of Object.entries(ways)) {
      const sequence = await model.sequence(policy && { policy });
      await sequence.prefill(prompt);
      await sequence.step(0);
      times.get(way)!.push(await stepTime(sequence, 64));
      sequence.close();
    }
  }
  await model.close();
  const full = times.get("full");
  const head = ["tiny model, 1,024 tokens", "ms a token", "tokens/s", "of dense"];
  const table = new Table({
    style: { head: [], border: [] },
    head: full ? [...head, "of full"] : head,
  });
  for (const [way, own] of times) {
    const time = Math.min(...own);
    const ratios = [times.get("dense")!, ...full ? [full] : []]
      .map((others) => median(own.map((one, round) => one / others[round]!)).toFixed(2));
    table.push([way, time.toFixed(2), (1000 / time).toFixed(0), ...ratios]);
  }
  console.log(table.toString());
}

const LONG_PROMPT = 4032;
const LONG_POLICIES = ["full", "starc", "quest", "sparq", "oracle-topk", "snapkv", "streaming-llm"];

async function measureLong() {
  const config = { ...LLAMA_1B, layers: 8, windows: LLAMA_1B.windows.slice(0, 8) };
  const format = { format: "int4", threads: THREADS } as const;
  const model = await LanguageModel.load(config, GREEDY, new RandomWeights(1), format);
  const ways = { dense: undefined, ...await builtIns(LONG_POLICIES, 1024) };
  const prompt = Array.from({ length: LONG_PROMPT }, (_, i) => i);
  const sequences = new Map<string, Sequence>();
  for (const [way, policy] of Object.entries<KvPolicy | undefined>(ways)) {
    const sequence = await model.sequence({
      maxTokens: LONG_PROMPT + 128,
      ...policy && { policy },
    });
    await sequence.prefill(prompt);
    await sequence.step(0);
    sequences.set(way, sequence);
  }
  const times = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]));
  for (let turn = 0; turn < 8; turn++) {
    for (const [way, sequence] of sequences) times.get(way)!.push(await stepTime(sequence, 8));
  }
  const table = new Table({
    style: { head: [], border: [] },
    head: ["1B shape, 8 layers, 4,096 tokens", "ms a token", "of dense"],
  });
  const dense = times.get("dense")!;
  for (const [way, own] of times) {
    const ratio = median(own.map((one, turn) => one / dense[turn]!));
    table.push([way, median(own).toFixed(1), ratio.toFixed(2)]);
  }
  console.log(table.toString());
  for (const sequence of sequences.values()) sequence.close();
  await model.close();
}

/** All matrices of a model, each on an input of its own, a session a layer and one for the head. */
async function loadProducts(config: ModelConfig, weights: RandomWeights) {
  const { hidden, feedForward, queryHeads, kvHeads, headDim } = config;
  const part = (names: LinearPart["names"], outputs: number) => ({
    names,
    outputs,
    hasBias: false,
  });
  const width = queryHeads * headDim;
  const kvWidth = kvHeads * headDim;
  const load = async (products: readonly (readonly [number, LinearPart[]])[]) => {
    const graph = new OnnxGraph();
    const feeds = products.map(([inputs, parts], i) => {
      const x = graph.input(`x${i}`, ["tokens", inputs]);
      const outputs = parts.reduce((total, one) => total + one.outputs, 0);
      const product = linear(graph, weights, x, inputs, parts, "int4");
      graph.output(`y${i}`, product, ["tokens", outputs]);
      return [`x${i}`, { data: new Float32Array(inputs).fill(0.5), dims: [1, inputs] }] as const;
    });
    const options = { provider: "cpu", threads: THREADS } as const;
    const session = await SegmentSession.load(graph.finish(), options);
    const outputs = products.map((_, i) => `y${i}`);
    return () => session.run(Object.fromEntries(feeds), outputs);
  };
  const runs = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const names = layerTensors(layer);
    runs.push(
      await load([
        [hidden, [
          part(names.query, width),
          part(names.key, kvWidth),
          part(names.value, kvWidth),
        ]],
        [width, [part(names.output, hidden)]],
        [hidden, [part(names.gate, feedForward), part(names.up, feedForward)]],
        [feedForward, [part(names.down, hidden)]],
      ]),
    );
  }
  const head = part({ weight: modelTensors.embedding, bias: "" }, config.vocabulary);
  runs.push(await load([[hidden, [head]]]));
  return runs;
}

async function measure1B() {
  const weights = new RandomWeights(1);
  const begin = performance.now();
  const model = await LanguageModel.load(LLAMA_1B, GREEDY, weights, {
    format: "int4",
    threads: THREADS,
  });
  const loading = (performance.now() - begin) / 1000;
  const sequence = await model.sequence({ maxTokens: 1024 });
  await sequence.prefill(Array.from({ length: 64 }, (_, i) => i));
  await sequence.step(1);
  const products = await loadProducts(LLAMA_1B, weights);
  const [decode, alone]: [number[], number[]] = [[], []];
  for (let round = 0; round < 11; round++) {
    const time = await stepTime(sequence, 8);
    const start = performance.now();
    for (let i = 0; i < 8; i++) for (const run of products) await run();
    if (round === 0) continue; // The first pass brings everything into memory.
    decode.push(time);
    alone.push((performance.now() - start) / 8);
  }
  const table = new Table({ head: ["1B shape, int4", ""], style: { head: [], border: [] } });
  table.push(
    ["threads", THREADS],
    ["decode, ms a token", Math.min(...decode).toFixed(1)],
    ["matrix products alone, ms", Math.min(...alone).toFixed(1)],
    ["decode over products", (Math.min(...decode) / Math.min(...alone)).toFixed(2)],
    ["loading and rounding, s", loading.toFixed(1)],
  );
  console.log(table.toString());
}

const PROBES: readonly (Omit<MemoryProbe, "checkpoint"> & { readonly written?: true })[] = [
  { shape: "1b", format: "int4", written: true },
  { shape: "1b", format: "int4" },
  { shape: "1b", format: "int8" },
  { shape: "1b", format: "fp32" },
  { shape: "8b", format: "int4" },
];

/** Memory of a model in a process of its own. */
async function probeMemory({ shape, format, checkpoint }: MemoryProbe): Promise<MemoryReport> {
  const probe = fileURLToPath(new URL("memory_probe.ts", import.meta.url));
  const { success, code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", probe, shape, format, ...checkpoint ? [checkpoint] : []],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Expected the probe of ${shape} ${format} to end well: ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function measureMemory() {
  const table = new Table({
    style: { head: [], border: [] },
    head: [
      "shape",
      "weights",
      "weights + cache, MB",
      "held",
      "of them",
      "peak",
      "of them",
      "load, s",
    ],
  });
  const checkpoint = Deno.makeTempDirSync({ prefix: "kvpim_bench_" });
  try {
    writeCheckpoint(checkpoint, LLAMA_1B, new RandomWeights(1));
    for (const { shape, format, written } of PROBES) {
      const report = await probeMemory({ shape, format, checkpoint: written && checkpoint });
      const own = report.weights + report.cache;
      table.push([
        shape,
        written ? `${format}, from bfloat16` : format,
        own.toFixed(0),
        report.steady.toFixed(0),
        (report.steady / own).toFixed(2),
        report.peak.toFixed(0),
        (report.peak / own).toFixed(2),
        report.loading.toFixed(0),
      ]);
    }
  } finally {
    Deno.removeSync(checkpoint, { recursive: true });
  }
  console.log(table.toString());
}

const given = orUsage(() =>
  Deno.args.map((choice) => wordOf(choice, ["tiny", "policies", "long", "1b", "memory"]))
);
const wanted = given.length === 0 ? ["tiny", "policies", "1b"] : given;
if (wanted.includes("tiny")) await measureTiny(WAYS);
if (wanted.includes("policies")) {
  await measureTiny({ dense: undefined, ...await builtIns(builtInPolicies(), 256) });
}
if (wanted.includes("long")) await measureLong();
if (wanted.includes("1b")) await measure1B();
if (wanted.includes("memory")) await measureMemory();

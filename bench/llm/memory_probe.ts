// deno-lint-ignore-file no-console -- it tells its parent what it measured
/**
 * Loads a model of Llama's shape with random weights, decodes, and prints what memory the process
 * holds as JSON:
 *
 *     deno run -A bench/llm/memory_probe.ts 1b|8b int4|int8|fp32 [CHECKPOINT]
 *
 * Weights are made when they are read or, with a checkpoint, come from its files. A process of its
 * own, as memory that others gave back may stay with a process.
 *
 * @module
 */
import { LanguageModel, type ModelOptions } from "../../core/llm/language_model.ts";
import { orUsage, wordOf } from "./arguments.ts";
import { cacheBytes, GREEDY, LLAMA_1B, LLAMA_8B, weightBytes } from "./llama_shapes.ts";
import { RandomWeights } from "./random_weights.ts";

/** In MB. */
export interface MemoryReport {
  /** Matrices and scales. */
  readonly weights: number;
  /** Keys and values of the tokens that were read. */
  readonly cache: number;
  /** What the process holds after a prompt and 8 steps, less what it held before loading. */
  readonly steady: number;
  /** The same at its peak. */
  readonly peak: number;
  /** Seconds to load. */
  readonly loading: number;
}

/** A model to measure. */
export interface MemoryProbe {
  readonly shape: keyof typeof SHAPES;
  readonly format: NonNullable<ModelOptions["format"]>;
  /** A folder with the weights; made up unless stated. */
  readonly checkpoint?: string | undefined;
}

const SHAPES = { "1b": LLAMA_1B, "8b": LLAMA_8B };
const PROMPT = 256;
const STEPS = 8;
const MEGABYTE = 2 ** 20;

/** Memory of this process in MB, as Linux tells: now (VmRSS) or at its peak (VmHWM). */
function memoryOf(what: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

async function measure({ shape, format, checkpoint }: MemoryProbe): Promise<MemoryReport> {
  const config = SHAPES[shape];
  const weights = new RandomWeights(1);
  const before = memoryOf("VmRSS");
  const begin = performance.now();
  const model = checkpoint === undefined
    ? await LanguageModel.load(config, GREEDY, weights, { format })
    : await LanguageModel.open(checkpoint, { format });
  const loading = (performance.now() - begin) / 1000;
  const sequence = await model.sequence({ maxTokens: 1024 });
  await sequence.prefill(Array.from({ length: PROMPT }, (_, i) => i));
  for (let i = 0; i < STEPS; i++) await sequence.step(i);
  return {
    weights: weightBytes(config, format) / MEGABYTE,
    cache: cacheBytes(config, sequence.length) / MEGABYTE,
    steady: memoryOf("VmRSS") - before,
    peak: memoryOf("VmHWM") - before,
    loading,
  };
}

if (import.meta.main) {
  const [shape, format, checkpoint] = Deno.args;
  const probe = orUsage(() => ({
    shape: wordOf(shape, ["1b", "8b"]),
    format: wordOf(format, ["int4", "int8", "fp32"]),
    checkpoint,
  }));
  console.log(JSON.stringify(await measure(probe)));
}

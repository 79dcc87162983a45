// deno-lint-ignore-file no-console -- it tells its parent what it measured
/**
 * Loads the 1B shape with random weights of 4 bits, decodes, and prints what memory the process
 * holds as JSON. A process of its own, as memory that others gave back may stay with a process.
 *
 * @module
 */
import { LanguageModel } from "../../core/llm/language_model.ts";
import { cacheBytes, GREEDY, int4WeightBytes, LLAMA_1B } from "./llama_1b.ts";
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
}

const PROMPT = 256;
const STEPS = 8;
const MEGABYTE = 2 ** 20;

/** Memory of this process in MB, as Linux tells: now (VmRSS) or at its peak (VmHWM). */
function memoryOf(what: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

async function measure(): Promise<MemoryReport> {
  const weights = new RandomWeights(1);
  const before = memoryOf("VmRSS");
  const model = await LanguageModel.load(LLAMA_1B, GREEDY, weights, { format: "int4" });
  const sequence = await model.sequence({ maxTokens: 1024 });
  await sequence.prefill(Array.from({ length: PROMPT }, (_, i) => i));
  for (let i = 0; i < STEPS; i++) await sequence.step(i);
  return {
    weights: int4WeightBytes(LLAMA_1B) / MEGABYTE,
    cache: cacheBytes(LLAMA_1B, sequence.length) / MEGABYTE,
    steady: memoryOf("VmRSS") - before,
    peak: memoryOf("VmHWM") - before,
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure()));

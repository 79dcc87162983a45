// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * What drawing a token costs.
 *
 * `deno run -A bench/llm/sampling_bench.ts` draws from 128,256 logits, Llama 3's vocabulary, that are
 * normally distributed as a model's are, roughly, with a deviation of 3. Beside it, what it would
 * cost to sort them all by comparisons first. The ways take turns, twenty times, and the fastest is
 * shown: other work on the machine only ever makes a turn slower.
 *
 * @module
 */
import Table from "cli-table3";
import { SeededRandom } from "../../core/llm/random.ts";
import { penalizingRepetition } from "../../core/llm/repetition_penalty.ts";
import { greedy, sampler, type SamplingOptions } from "../../core/llm/sampling.ts";
import { LLAMA_1B } from "./llama_shapes.ts";

const ROUNDS = 20;
const random = new SeededRandom(1);

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
}

const logits = Float32Array.from({ length: LLAMA_1B.vocabulary }, () => 3 * normal());
const drawing = (options: SamplingOptions) => sampler(random, options);
const prompt = Array.from({ length: 1024 }, (_, i) => 100 * i);

const WAYS: Readonly<Record<string, () => void>> = {
  "sort by comparisons": () => {
    Uint32Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  },
  greedy: () => greedy(logits),
  "greedy, 1,024 tokens penalised": () => penalizingRepetition(greedy, 1.1, prompt)(logits),
  "top-k 50": () => drawing({ topK: 50 })(logits),
  "top-p 0.9 of all": () => drawing({ topP: 0.9 })(logits),
  "all": () => drawing({})(logits),
  "min-p 0.05 of all": () => drawing({ minP: 0.05 })(logits),
  "typical-p 0.9 of all": () => drawing({ typicalP: 0.9 })(logits),
};

const fastest = new Map<string, number>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [way, draw] of Object.entries(WAYS)) {
    const begin = performance.now();
    draw();
    const time = performance.now() - begin;
    fastest.set(way, Math.min(time, fastest.get(way) ?? Infinity));
  }
}
const table = new Table({
  style: { head: [], border: [] },
  head: [`${logits.length} logits`, "ms a draw"],
});
for (const [way, time] of fastest) table.push([way, time.toFixed(2)]);
console.log(table.toString());

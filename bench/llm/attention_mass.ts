/**
 * How concentrated the tiny model's attention is.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fullAttention } from "../../core/llm/kv_policy.ts";
import { LanguageModel } from "../../core/llm/language_model.ts";
import { tinyLlama } from "../../core/llm/tiny_llama.ts";
import { TextTokenizer } from "../../core/llm/tokenizer.ts";

const PROMPT = 960;
const STEPS = 64;

/**
 * The share of attention that the best tokens have, near the end of 1,024 tokens of held-out text.
 *
 * @param counts how many of the best tokens
 * @returns `[layers][counts]`, the mean over heads and the last 64 tokens
 */
export async function attentionMass(counts: readonly number[]): Promise<number[][]> {
  const model = await LanguageModel.open(tinyLlama);
  const text = readFileSync(join(tinyLlama, "moby-dick-excerpt.txt"), "utf8");
  const ids = TextTokenizer.open(tinyLlama).encode(text).slice(0, PROMPT + STEPS);
  const { layers, queryHeads } = model.config;
  const sums = Array.from({ length: layers }, () => counts.map(() => 0));
  const sequence = await model.sequence({
    policy: fullAttention,
    observer: {
      onAttention: ({ layer, logits }) => {
        const shares = bestShares(logits, counts);
        shares.forEach((share, i) => sums[layer]![i]! += share / (STEPS * queryHeads));
      },
    },
  });
  await sequence.prefill(ids.slice(0, PROMPT));
  for (const id of ids.slice(PROMPT)) await sequence.step(id);
  await model.close();
  return sums;
}

function bestShares(logits: Float32Array, counts: readonly number[]): number[] {
  const falling = Float64Array.from(logits).sort().reverse();
  const weights = falling.map((logit) => Math.exp(logit - falling[0]!));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return counts.map((count) =>
    weights.subarray(0, count).reduce((sum, weight) => sum + weight, 0) / total
  );
}

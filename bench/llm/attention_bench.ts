// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * How long one layer attends from one token, over all tokens and over those that policies list.
 *
 *     deno run -A bench/llm/attention_bench.ts
 *
 * Keys, values and queries are noise; each list names 1,024 of 8,192 tokens. The ways take turns, and
 * the median of fifteen is shown. 8 KV heads of 128 are 64 MB, which no cache holds.
 *
 * @module
 */
import Table from "cli-table3";
import type { TokenSets } from "../../core/llm/kv_policy.ts";
import { type CacheShape, LayerCache } from "../../core/llm/layer_cache.ts";
import { SeededRandom } from "../../core/llm/random.ts";
import { tokenSetsOf } from "../../core/llm/token_sets.ts";
import { median } from "../median.ts";
import { LLAMA_1B, LLAMA_8B } from "./llama_shapes.ts";

const CONTEXT = 8192;
const LISTED = 1024;
const PAGE = 16;
const TURNS = 15;
const NO_BIAS = new Float32Array();

const random = new SeededRandom(1);

function noise(count: number): Float32Array {
  return Float32Array.from({ length: count }, () => random.uniform() - 0.5);
}

async function fullCache(shape: CacheShape): Promise<LayerCache> {
  const cache = await LayerCache.create(shape);
  const width = 256 * shape.kvHeads * shape.headDim;
  for (let tokens = 0; tokens < CONTEXT; tokens += 256) cache.append(noise(width), noise(width));
  return cache;
}

/** Some pages of so many tokens, ascending. */
function somePages(tokens: number): Uint32Array {
  const pages = Array.from({ length: CONTEXT / tokens }, (_, page) => [random.uniform(), page]);
  const chosen = pages.sort(([a], [b]) => a! - b!).slice(0, LISTED / tokens)
    .map(([, page]) => page!).sort((a, b) => a - b);
  return Uint32Array.from(
    chosen.flatMap((page) => Array.from({ length: tokens }, (_, i) => page * tokens + i)),
  );
}

const newest = () => Uint32Array.from({ length: LISTED }, (_, i) => CONTEXT - LISTED + i);

function setsFor(per: TokenSets["per"], heads: number, list: () => Uint32Array): TokenSets {
  return { ...tokenSetsOf(Array.from({ length: heads }, list)), per };
}

async function measure(shape: CacheShape): Promise<Map<string, number>> {
  const cache = await fullCache(shape);
  const { queryHeads, kvHeads, headDim } = shape;
  const ways: Record<string, () => TokenSets | undefined> = {
    "all tokens": () => undefined,
    "the newest, each query head": () => setsFor("query-head", queryHeads, newest),
    "the newest, each KV head": () => setsFor("kv-head", kvHeads, newest),
    "pages of 16, each query head": () => setsFor("query-head", queryHeads, () => somePages(PAGE)),
    "any tokens, each query head": () => setsFor("query-head", queryHeads, () => somePages(1)),
    "any tokens, each KV head": () => setsFor("kv-head", kvHeads, () => somePages(1)),
  };
  const times = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [way, choose] of Object.entries(ways)) {
      const sets = choose();
      const queries = noise(queryHeads * headDim);
      const start = performance.now();
      if (sets) cache.attendListed(queries, sets, NO_BIAS);
      else cache.attendAll(queries);
      times.get(way)!.push(performance.now() - start);
    }
  }
  return new Map([...times].map(([way, list]) => [way, median(list)]));
}

if (import.meta.main) {
  const shapes = { "Llama-3.2-1B": LLAMA_1B, "Llama-3.1-8B": LLAMA_8B };
  const measured = [];
  for (const { queryHeads, kvHeads, headDim } of Object.values(shapes)) {
    measured.push(await measure({ queryHeads, kvHeads, headDim, capacity: CONTEXT }));
  }
  const head = ["a layer attends to", ...Object.keys(shapes).map((name) => `${name}, ms`)];
  const table = new Table({ style: { head: [], border: [] }, head });
  for (const way of measured[0]!.keys()) {
    table.push([way, ...measured.map((times) => times.get(way)!.toFixed(2))]);
  }
  console.log(table.toString());
}

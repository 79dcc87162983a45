import type { TokenSets } from "./kv_policy.ts";
import type { TurnTable } from "./layer_cache.ts";
import { rotaryTable } from "./rope.ts";
import type { RopeConfig } from "./rope_config.ts";

/**
 * Cosines and sines of turning back by 0, 1, ... positions.
 *
 * @throws {RangeError} for `dynamic` scaling, where a turn is not a matter of distance alone
 */
export function turnTable(rope: RopeConfig, headDim: number, capacity: number): TurnTable {
  if (rope.type === "dynamic") {
    throw new RangeError("Expected a fixed rotary scaling for rotation by rank but found dynamic");
  }
  const distances = Array.from({ length: capacity }, (_, distance) => distance);
  const { cos, sin } = rotaryTable(rope, headDim, distances, capacity, 1);
  const half = headDim / 2;
  const table = new Float32Array(2 * capacity * half);
  for (const distance of distances) {
    const row = distance * half;
    table.set(cos.subarray(row, row + half), 2 * row);
    table.set(sin.subarray(row, row + half), 2 * row + half);
  }
  return table;
}

/**
 * Moves each head's query from its place in the text to the last rank of its tokens.
 *
 * @param queries `[queryHeads, headDim]`, after the rotary embedding for `position`
 */
export function turnQueries(
  queries: Float32Array,
  queryHeads: number,
  position: number,
  sets: TokenSets,
  turns: TurnTable,
): Float32Array {
  const headDim = queries.length / queryHeads;
  const half = headDim / 2;
  const group = queryHeads / (sets.offsets.length - 1);
  const turned = new Float32Array(queries.length);
  for (let head = 0; head < queryHeads; head++) {
    const set = Math.floor(head / group);
    const rank = sets.offsets[set + 1]! - sets.offsets[set]! - 1;
    const row = (position - rank) * headDim;
    for (let i = 0; i < half; i++) {
      const [cos, sin] = [turns[row + i]!, turns[row + half + i]!];
      const [low, high] = [queries[head * headDim + i]!, queries[head * headDim + half + i]!];
      turned[head * headDim + i] = low * cos + high * sin;
      turned[head * headDim + half + i] = high * cos - low * sin;
    }
  }
  return turned;
}

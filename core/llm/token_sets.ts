import type { TokenSets } from "./kv_policy.ts";

/**
 * Checks that token sets can be attended to.
 *
 * @param heads query heads or KV heads, whichever the sets are for
 * @param length tokens in the cache
 * @throws {RangeError} when a head has no token or one that is not in the cache
 */
export function checkTokenSets({ offsets, tokens }: TokenSets, heads: number, length: number) {
  if (offsets.length !== heads + 1 || offsets[0] !== 0 || offsets[heads] !== tokens.length) {
    throw new RangeError(
      `Expected ${heads + 1} offsets from 0 to ${tokens.length} but found ${offsets.join(" ")}`,
    );
  }
  for (let head = 0; head < heads; head++) {
    const count = offsets[head + 1]! - offsets[head]!;
    if (count < 1 || count > length) {
      throw new RangeError(`Expected 1 to ${length} tokens for head ${head} but found ${count}`);
    }
  }
  // By index: this runs on every answer, and an iterator takes several times as long.
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token >= length) throw new RangeError(`Expected tokens below ${length} but found ${token}`);
  }
}

/** Tokens of the set that serves a query head. */
export function tokensOf(
  { offsets, tokens }: TokenSets,
  queryHead: number,
  queryHeads: number,
): Uint32Array {
  const set = Math.floor(queryHead * (offsets.length - 1) / queryHeads);
  return tokens.subarray(offsets[set]!, offsets[set + 1]!);
}

/** Puts lists, one a query head, together. */
export function tokenSetsOf(lists: readonly Uint32Array[]): TokenSets {
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach((list, head) => offsets[head + 1] = offsets[head]! + list.length);
  const tokens = new Uint32Array(offsets.at(-1)!);
  lists.forEach((list, head) => tokens.set(list, offsets[head]!));
  return { per: "query-head", offsets, tokens };
}

/** Token sets in ascending order, and their bias with them. */
export function ascending(sets: TokenSets, bias: Float32Array): [TokenSets, Float32Array] {
  if (areAscending(sets)) return [sets, bias];
  const tokens = sets.tokens.slice();
  const sortedBias = bias.slice();
  for (let head = 0; head + 1 < sets.offsets.length; head++) {
    const [begin, end] = [sets.offsets[head]!, sets.offsets[head + 1]!];
    if (bias.length === 0) {
      tokens.subarray(begin, end).sort();
      continue;
    }
    const order = Array.from({ length: end - begin }, (_, i) => begin + i)
      .sort((a, b) => sets.tokens[a]! - sets.tokens[b]!);
    order.forEach((from, i) => {
      tokens[begin + i] = sets.tokens[from]!;
      sortedBias[begin + i] = bias[from]!;
    });
  }
  return [{ ...sets, tokens }, sortedBias];
}

function areAscending({ offsets, tokens }: TokenSets): boolean {
  for (let head = 0; head + 1 < offsets.length; head++) {
    for (let at = offsets[head]! + 1; at < offsets[head + 1]!; at++) {
      if (tokens[at]! < tokens[at - 1]!) return false;
    }
  }
  return true;
}

/** The numbers from 0 up to `length`. */
export function allTokens(length: number): Uint32Array<ArrayBuffer> {
  const tokens = new Uint32Array(length);
  for (let token = 0; token < length; token++) tokens[token] = token;
  return tokens;
}

/**
 * Those of the tokens, and their bias, from `first` on. A head left with none has the newest.
 *
 * @param newest its bias is 0
 */
export function tokensFrom(
  sets: TokenSets,
  bias: Float32Array,
  first: number,
  newest: number,
): [TokenSets, Float32Array] {
  const offsets = new Uint32Array(sets.offsets.length);
  const tokens: number[] = [];
  const biases: number[] = [];
  for (let head = 0; head + 1 < offsets.length; head++) {
    for (let i = sets.offsets[head]!; i < sets.offsets[head + 1]!; i++) {
      if (sets.tokens[i]! < first) continue;
      tokens.push(sets.tokens[i]!);
      biases.push(bias[i] ?? 0);
    }
    if (tokens.length === offsets[head]) {
      tokens.push(newest);
      biases.push(0);
    }
    offsets[head + 1] = tokens.length;
  }
  const within = { ...sets, offsets, tokens: Uint32Array.from(tokens) };
  return [within, bias.length === 0 ? bias : Float32Array.from(biases)];
}

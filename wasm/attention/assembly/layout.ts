/** Where things lie in the memory of one layer. All elements are 4 bytes wide. */

export let queryHeads: i32 = 0;
export let kvHeads: i32 = 0;
export let headDim: i32 = 0;
export let capacity: i32 = 0;

/** Bytes from one token to the next in `keys` and `values`. */
export let tokenStride: usize = 0;
/** Bytes from one KV head to the next in `keys` and `values`. */
export let headStride: usize = 0;

/** Tokens that enter at a time, at most. */
export const ENTERING: i32 = 16;
/** `[2, ENTERING, kvHeads, headDim]`: keys and values of tokens that enter. */
export let entering: usize = 0;

/** `[queryHeads, headDim]` */
export let queries: usize = 0;
/** `[queryHeads, headDim]` */
export let output: usize = 0;
/** Where each head's tokens begin in `tokens`, and the end. */
export let offsets: usize = 0;
/** Tokens to attend to, head after head. */
export let tokens: usize = 0;
/** Added to the logits, at the places of `tokens`. */
export let bias: usize = 0;
/** Softmax weights, query head after query head. */
export let weights: usize = 0;
/** `[group, capacity]`: of the query heads of a KV head, the weight of every token, 0 if not listed. */
export let marked: usize = 0;
/** `[queryHeads, capacity]`: weights summed over queries. */
export let sums: usize = 0;
/** `[capacity, headDim / 2]`: cosines, then sines, of turning a key back by so many positions. */
export let turns: usize = 0;
/**
 * `[kvHeads, capacity, headDim]`, after the rotary embedding. A head's tokens lie one behind the
 * other, since each head is read by itself and the processor fetches ahead in a row.
 */
export let keys: usize = 0;
/** `[kvHeads, capacity, headDim]` */
export let values: usize = 0;

const PAGE: u64 = 65536;
const LIMIT: u64 = 1 << 32;

let next: u64 = 0;

function take(elements: u64): usize {
  const at = next;
  next = (next + 4 * elements + 63) & ~u64(63);
  return usize(at);
}

/**
 * Lays the memory out. Pages that nothing was written to cost nothing, so room for the longest
 * sequence is taken at once.
 *
 * Returns false when so many tokens do not fit.
 */
export function layOut(q: i32, kv: i32, dim: i32, tokensAtMost: i32, turning: bool): bool {
  queryHeads = q;
  kvHeads = kv;
  headDim = dim;
  capacity = tokensAtMost;
  tokenStride = 4 * dim;
  headStride = tokenStride * usize(tokensAtMost);
  next = (u64(__heap_base) + 63) & ~u64(63);
  const lists = u64(q) * u64(tokensAtMost);
  entering = take(2 * ENTERING * kv * dim);
  queries = take(q * dim);
  output = take(q * dim);
  offsets = take(q + 1);
  tokens = take(lists);
  bias = take(lists);
  weights = take(lists);
  marked = take(u64(q / kv) * u64(tokensAtMost));
  sums = take(lists);
  turns = take(turning ? u64(tokensAtMost) * u64(dim) : 0);
  keys = take(u64(kv) * u64(tokensAtMost) * u64(dim));
  values = take(u64(kv) * u64(tokensAtMost) * u64(dim));
  if (next > LIMIT - PAGE) return false;
  const missing = i32((next + PAGE - 1) / PAGE) - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0;
}

/** Where the tokens of a KV head lie in `keys` and `values`. */

import { headStride, kvHeads, queryHeads, tokenStride } from "./layout";

/** The token at a place of a list; without a list, the place itself. */
export function token(list: usize, i: i32): usize {
  return list === 0 ? i : load<u32>(list + 4 * i);
}

/** Byte offset of the KV head of a query head within `keys` or `values`, from token `first` on. */
export function kvOffset(head: i32, first: i32): usize {
  return headStride * (head / (queryHeads / kvHeads)) + tokenStride * first;
}

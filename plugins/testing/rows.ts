/**
 * For tests and benchmarks only: how many rows of 16 tokens a selection touches.
 *
 * @module
 */

/** Tokens of a row: what one activation of one bank group fetches. */
export const ROW_TOKENS = 16;

/** Rows in which the slots of some tokens lie. */
export function rowsTouched(
  tokens: Iterable<number>,
  slotOf: (token: number) => number = (token) => token,
): number {
  const rows = new Set<number>();
  for (const token of tokens) rows.add(Math.floor(slotOf(token) / ROW_TOKENS));
  return rows.size;
}

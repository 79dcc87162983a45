/**
 * For tests only: attention of one query over some tokens, in double precision.
 *
 * @module
 */

/**
 * Exact attention over the kept tokens, mixed with the mean of all values.
 *
 * @param meanValueWeight How much of the output is that mean
 */
export function attend(
  query: readonly number[],
  keys: readonly (readonly number[])[],
  values: readonly (readonly number[])[],
  kept: readonly number[],
  meanValueWeight: number,
): number[] {
  const logits = kept.map((token) => product(query, keys[token] ?? []) / Math.sqrt(query.length));
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const total = weights.reduce((all, weight) => all + weight, 0);
  return query.map((_, channel) => {
    const column = values.map((value) => value[channel] ?? 0);
    const mean = column.reduce((all, value) => all + value, 0) / column.length;
    const attended = kept.reduce(
      (all, token, i) => all + (weights[i] ?? 0) / total * (column[token] ?? 0),
      0,
    );
    return (1 - meanValueWeight) * attended + meanValueWeight * mean;
  });
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((all, value, i) => all + value * (b[i] ?? 0), 0);
}

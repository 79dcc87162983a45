/** A linear model of several quantities over the same features. */
interface LinearModel {
  /** Estimates of all quantities at a place. */
  predict(features: readonly number[]): number[];
  /** Features that tell apart from the others, a constant included if it is among them. */
  readonly rank: number;
}

/** Pivots smaller than this part of a feature's own square are dependence, not information. */
const NEGLIGIBLE = 1e-9;

/**
 * Fits quantities by least squares. Features that follow from others are left out, so that a
 * constant feature or fewer samples than features do no harm.
 *
 * @param features of each sample
 * @param quantities of each sample
 *
 * @example
 * ```ts
 * import { leastSquares } from "./least_squares.ts";
 * import { equal } from "node:assert/strict";
 *
 * const model = leastSquares([[1, 0], [1, 1], [1, 2]], [[5], [7], [9]]);
 * equal(Math.round(model.predict([1, 10])[0]!), 25);
 * ```
 */
export function leastSquares(
  features: readonly (readonly number[])[],
  quantities: readonly (readonly number[])[],
): LinearModel {
  // Gram-Schmidt, column by column: an orthogonal basis of the features and what each adds to it.
  const count = features[0]!.length;
  const basis: { readonly column: number; readonly values: number[]; readonly square: number }[] =
    [];
  const mixes: number[][] = [];
  for (let column = 0; column < count; column++) {
    const original = features.map((row) => row[column]!);
    const values = [...original];
    const mix = basis.map(({ values: other, square }) => {
      const share = dot(values, other) / square;
      other.forEach((value, i) => values[i]! -= share * value);
      return share;
    });
    const square = dot(values, values);
    if (square <= NEGLIGIBLE * dot(original, original) || basis.length >= features.length) continue;
    basis.push({ column, values, square });
    mixes.push(mix);
  }
  const outputs = quantities[0]!.map((_, output) => {
    const rest = quantities.map((row) => row[output]!);
    return basis.map(({ values, square }) => {
      const share = dot(rest, values) / square;
      values.forEach((value, i) => rest[i]! -= share * value);
      return share;
    });
  });
  return {
    rank: basis.length,
    predict(place) {
      const coordinates: number[] = [];
      basis.forEach(({ column }, i) => {
        coordinates.push(
          mixes[i]!.reduce((sum, share, j) => sum - share * coordinates[j]!, place[column]!),
        );
      });
      return outputs.map((shares) => dot(shares, coordinates));
    },
  };
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, i) => sum + value * right[i]!, 0);
}

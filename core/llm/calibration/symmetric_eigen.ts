/** Eigenvalues of a symmetric matrix, falling, and its eigenvectors as rows, each of length 1. */
export interface Eigen {
  readonly values: Float64Array;
  /** `[size, size]`; the element of largest magnitude of each row is positive. */
  readonly vectors: Float64Array;
}

/** More sweeps than any matrix of a head's size has needed; they converge quadratically. */
const SWEEPS_AT_MOST = 30;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's cyclic method (Golub and Van Loan,
 * Matrix Computations, 8.5).
 *
 * @param matrix `[size, size]`, symmetric
 *
 * @example
 * ```ts
 * import { symmetricEigen } from "./symmetric_eigen.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { values } = symmetricEigen(Float64Array.of(2, 0, 0, 5), 2);
 * deepEqual([...values], [5, 2]);
 * ```
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const rows = identity(size);
  const scale = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0; sweep < SWEEPS_AT_MOST; sweep++) {
    if (offDiagonal(a, size) <= size * Number.EPSILON * scale) break;
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) annihilate(a, rows, size, p, q);
    }
  }
  const order = Array.from({ length: size }, (_, i) => i)
    .sort((i, j) => a[j * size + j]! - a[i * size + i]! || i - j);
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    const row = rows.subarray(from * size, (from + 1) * size);
    const sign = largest(row) < 0 ? -1 : 1;
    vectors.set(row.map((value) => sign * value), to * size);
  });
  return { values: Float64Array.from(order, (i) => a[i * size + i]!), vectors };
}

/** Turns rows and columns `p` and `q` so that the element they share becomes 0. */
function annihilate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number) {
  const shared = a[p * size + q]!;
  if (shared === 0) return;
  const half = (a[q * size + q]! - a[p * size + p]!) / (2 * shared);
  const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.sqrt(half * half + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  turnRows(a, size, p, q, cosine, sine);
  for (let i = 0; i < size * size; i += size) {
    const [x, y] = [a[i + p]!, a[i + q]!];
    a[i + p] = cosine * x - sine * y;
    a[i + q] = sine * x + cosine * y;
  }
  turnRows(vectors, size, p, q, cosine, sine);
}

function turnRows(
  a: Float64Array,
  size: number,
  p: number,
  q: number,
  cosine: number,
  sine: number,
) {
  for (let i = 0; i < size; i++) {
    const [x, y] = [a[p * size + i]!, a[q * size + i]!];
    a[p * size + i] = cosine * x - sine * y;
    a[q * size + i] = sine * x + cosine * y;
  }
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

function offDiagonal(a: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) if (i !== j) sum += a[i * size + j]! ** 2;
  }
  return Math.sqrt(sum);
}

function largest(row: Float64Array): number {
  return row.reduce((best, value) => Math.abs(value) > Math.abs(best) ? value : best, 0);
}

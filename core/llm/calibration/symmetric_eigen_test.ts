import { ok } from "node:assert/strict";
import fc from "fast-check";
import { SeededRandom } from "../random.ts";
import { symmetricEigen } from "./symmetric_eigen.ts";

/** A symmetric matrix of random numbers. */
function symmetric(size: number, rank: number, seed: number): Float64Array {
  const random = new SeededRandom(seed);
  const factor = Array.from({ length: rank * size }, () => random.uniform() - 0.5);
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let k = 0; k < rank; k++) {
        matrix[i * size + j]! += factor[k * size + i]! * factor[k * size + j]!;
      }
    }
  }
  return matrix;
}

function row(matrix: Float64Array, size: number, i: number): Float64Array {
  return matrix.subarray(i * size, (i + 1) * size);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

Deno.test("eigenvectors are kept in their direction, and stand upright on one another", () => {
  const sizes = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 25 }), fc.nat(999), (size, rank, seed) => {
      const matrix = symmetric(size, rank, seed);
      const { values, vectors } = symmetricEigen(matrix, size);
      for (let i = 0; i < size; i++) {
        const vector = row(vectors, size, i);
        for (let j = 0; j < size; j++) {
          const image = dot(row(matrix, size, j), vector);
          ok(Math.abs(image - values[i]! * vector[j]!) < 1e-12);
          ok(Math.abs(dot(vector, row(vectors, size, j)) - (i === j ? 1 : 0)) < 1e-12);
        }
        if (i > 0) ok(values[i]! <= values[i - 1]!);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("a head's size takes no longer than it must", () => {
  const { values, vectors } = symmetricEigen(symmetric(128, 300, 1), 128);
  const trace = symmetric(128, 300, 1).reduce(
    (sum, value, i) => i % 129 === 0 ? sum + value : sum,
    0,
  );
  ok(Math.abs(values.reduce((a, b) => a + b, 0) / trace - 1) < 1e-12);
  for (let i = 0; i < 128; i++) {
    const vector = row(vectors, 128, i);
    ok(vector.reduce((best, x) => Math.abs(x) > Math.abs(best) ? x : best, 0) > 0);
  }
});

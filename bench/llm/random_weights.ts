/**
 * Random weights of any shape, made when read, so that a model of a given shape can be measured
 * without a checkpoint.
 *
 * @module
 */
import type { TensorSource } from "../../core/llm/tensor_store.ts";
import { SeededRandom } from "../../core/llm/random.ts";

const POOL_ELEMENTS = 1 << 20;

/** Weights that repeat a pool of a million random numbers of a deviation of 0.02. */
export class RandomWeights implements TensorSource {
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #pool: Float32Array;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#pool = Float32Array.from(
      { length: POOL_ELEMENTS },
      () => 0.02 * Math.sqrt(3) * (2 * random.uniform() - 1),
    );
  }

  /** Whatever is expected is there. */
  expect(name: string, shape: readonly number[]) {
    this.#shapes.set(name, shape);
  }

  readRows(name: string, first: number, count: number): Float32Array<ArrayBuffer> {
    const [, ...rest] = this.#shapes.get(name)!;
    const row = rest.reduce((product, size) => product * size, 1);
    const rows = new Float32Array(count * row);
    for (let done = 0; done < rows.length;) {
      const at = (first * row + done) % POOL_ELEMENTS;
      const piece = this.#pool.subarray(at, at + rows.length - done);
      rows.set(piece, done);
      done += piece.length;
    }
    return rows;
  }
}

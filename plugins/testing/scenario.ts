/**
 * For tests only: made-up keys, queries and attention weights for a policy to work on.
 *
 * @module
 */
import * as fc from "fast-check";
import type { KeyBlock, Shape } from "../reference/policy.ts";
import { range } from "../reference/ranking.ts";

/** What values look like. Coarse ones are whole eighths, so that scores tie. */
export type Texture = "smooth" | "coarse" | "hostile";

/** One run of one layer. */
export interface Scenario {
  readonly shape: Shape;
  /** Tokens of the prompt, in the blocks in which they arrive. */
  readonly promptBlocks: readonly number[];
  readonly steps: number;
  readonly texture: Texture;
  readonly seed: number;
}

/** A small scenario of any shape. */
export function scenarios(): fc.Arbitrary<Scenario> {
  return fc.record({
    group: fc.constantFrom(1, 4, 8),
    kvHeads: fc.integer({ min: 1, max: 2 }),
    headDim: fc.constantFrom(8, 16, 24),
    budget: fc.integer({ min: 1, max: 120 }),
    promptBlocks: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 3 }),
    steps: fc.integer({ min: 1, max: 4 }),
    texture: fc.constantFrom<Texture>("smooth", "smooth", "coarse"),
    seed: fc.nat(),
  }).map(({ group, kvHeads, headDim, budget, promptBlocks, steps, texture, seed }) => ({
    shape: shapeOf({ kvHeads, queryHeads: kvHeads * group, headDim, budget, seed: BigInt(seed) }),
    promptBlocks,
    steps,
    texture,
    seed,
  }));
}

/** A shape with some things said. */
export function shapeOf(changes: Partial<Shape>): Shape {
  return {
    queryHeads: 4,
    kvHeads: 1,
    headDim: 8,
    elementBytes: 2,
    budget: 32,
    seed: 1n,
    ...changes,
  };
}

/** Numbers of one scenario, the same every time. */
export class Source {
  #state: number;
  #previous: number[][] = [];

  constructor(private readonly scenario: Scenario) {
    this.#state = scenario.seed >>> 0;
  }

  /** A number from 0 up to 1 (mulberry32). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Keys of the next tokens; each is a step away from the one before, as real keys are. */
  keys(count: number): KeyBlock {
    const { kvHeads, headDim } = this.scenario.shape;
    return range(0, kvHeads).map((head) =>
      range(0, count).map(() => {
        const before = this.#previous[head] ?? new Array(headDim).fill(0);
        const next = before.map((value: number) => 0.8 * value + this.#value());
        this.#previous[head] = next.map((value) => Number.isFinite(value) ? value : 0);
        return Float32Array.from(next, (value) => this.#textured(value));
      })
    );
  }

  queries(): Float32Array[] {
    const { queryHeads, headDim } = this.scenario.shape;
    return range(0, queryHeads).map(() =>
      Float32Array.from({ length: headDim }, () => this.#textured(2 * this.#value()))
    );
  }

  /** Attention weights of some tokens, few of them large; not normalised. */
  weights(tokens: readonly number[]): number[] {
    return tokens.map(() => {
      const weight = this.uniform() ** 4;
      return Math.fround(this.scenario.texture === "coarse" ? Math.round(weight * 8) / 8 : weight);
    });
  }

  #value(): number {
    const value = this.uniform() + this.uniform() + this.uniform() - 1.5;
    if (this.scenario.texture !== "hostile") return value;
    const extreme = Math.floor(this.uniform() * 40);
    return [NaN, Infinity, -Infinity, 3e38, -3e38, 0][extreme] ?? value;
  }

  #textured(value: number): number {
    return this.scenario.texture === "coarse" ? Math.round(value * 4) / 4 : value;
  }
}

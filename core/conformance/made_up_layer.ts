import { SeededRandom } from "../llm/random.ts";

/** Heads of a layer. */
export interface LayerShape {
  readonly queryHeads: number;
  readonly kvHeads: number;
  /** A multiple of 4. */
  readonly headDim: number;
}

/** What values look like: `hostile` ones are now and then NaN, infinite or huge. */
export type Texture = "smooth" | "hostile";

const HOSTILE = [NaN, Infinity, -Infinity, 3e38, -3e38, 0];

/**
 * Made-up keys and queries of a layer. Each key is 0.9 times the one before plus noise, as
 * neighbouring keys of real models are alike; queries are noise. The numbers of a token are the same
 * however tokens are divided into blocks.
 */
export class MadeUpLayer {
  readonly #keys: SeededRandom;
  readonly #queries: SeededRandom;
  readonly #previous: Float32Array;

  constructor(readonly shape: LayerShape, seed: number, private readonly texture: Texture) {
    this.#keys = new SeededRandom(seed);
    this.#queries = new SeededRandom(seed + 1);
    this.#previous = new Float32Array(shape.kvHeads * shape.headDim);
  }

  /** Keys of the next tokens, `[kvHeads, count, headDim]`. */
  keys(count: number): Float32Array<ArrayBuffer> {
    const { kvHeads, headDim } = this.shape;
    const keys = new Float32Array(kvHeads * count * headDim);
    for (let token = 0; token < count; token++) {
      for (let head = 0; head < kvHeads; head++) {
        for (let i = 0; i < headDim; i++) {
          const at = head * headDim + i;
          this.#previous[at] = 0.9 * this.#previous[at]! + noise(this.#keys);
          const value = this.#textured(this.#previous[at]!, this.#keys);
          keys[(head * count + token) * headDim + i] = value;
        }
      }
    }
    return keys;
  }

  /** Queries of a step, `[queryHeads, headDim]`. */
  queries(): Float32Array<ArrayBuffer> {
    const { queryHeads, headDim } = this.shape;
    return Float32Array.from(
      { length: queryHeads * headDim },
      () => this.#textured(3 * noise(this.#queries), this.#queries),
    );
  }

  #textured(value: number, random: SeededRandom): number {
    if (this.texture === "smooth") return value;
    return HOSTILE[Math.floor(random.uniform() * 40)] ?? value;
  }
}

/** From -0.5 up to 0.5. */
function noise(random: SeededRandom): number {
  return random.uniform() - 0.5;
}

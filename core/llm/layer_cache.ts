/**
 * The KV cache of one layer and attention over it, in WebAssembly.
 *
 * @module
 */
import { buildModule } from "../../wasm/build.ts";
import type { Observation, TokenSets } from "./kv_policy.ts";
import { allTokens, tokenSetsOf, tokensOf } from "./token_sets.ts";

/** Sizes of a cache. */
export interface CacheShape {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Most tokens. Memory is taken as tokens come. */
  readonly capacity: number;
}

/** Cosines and sines of turning back by 0, 1, ... positions: `[capacity, 2, headDim / 2]`. */
export type TurnTable = Float32Array;

interface Exports {
  readonly memory: WebAssembly.Memory;
  layOut(queryHeads: number, kvHeads: number, dim: number, capacity: number, turns: number): number;
  enteringAt(): number;
  enteringTokens(): number;
  queriesAt(): number;
  outputAt(): number;
  offsetsAt(): number;
  tokensAt(): number;
  biasAt(): number;
  weightsAt(): number;
  sumsAt(): number;
  turnsAt(): number;
  keysAt(): number;
  valuesAt(): number;
  enter(token: number, count: number): void;
  attendAll(first: number, length: number): void;
  attendListed(perKvHead: number, biased: number, turned: number, length: number): void;
  addWeights(first: number, length: number): void;
  logitsOf(head: number, length: number): number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

function compileOnce(): Promise<WebAssembly.Module> {
  return compiled ??= buildModule(
    "attention/assembly/index.ts",
    ["attention/assembly"],
    "trusted",
    {
      simd: true,
    },
  ).then(({ bytes }) => WebAssembly.compile(bytes));
}

/** Keys and values of one layer of one sequence, `[kvHeads, tokens, headDim]`. */
export class LayerCache {
  readonly #exports: Exports;
  /** Elements of a token's keys. */
  readonly #width: number;
  readonly #queryWidth: number;
  #length = 0;
  #turned = false;

  private constructor(readonly shape: CacheShape, instance: WebAssembly.Instance, turns: boolean) {
    const { queryHeads, kvHeads, headDim, capacity } = shape;
    this.#exports = instance.exports as unknown as Exports;
    this.#width = kvHeads * headDim;
    this.#queryWidth = queryHeads * headDim;
    if (!this.#exports.layOut(queryHeads, kvHeads, headDim, capacity, Number(turns))) {
      throw new RangeError(`Expected a cache within 4 GiB a layer but found ${capacity} tokens`);
    }
  }

  /**
   * Makes an empty cache.
   *
   * @param turns when given, {@linkcode attendListed} puts keys at the positions of their ranks
   * @throws {RangeError} when so many tokens exceed the address space of WebAssembly
   */
  static async create(shape: CacheShape, turns?: TurnTable): Promise<LayerCache> {
    const instance = await WebAssembly.instantiate(await compileOnce());
    const cache = new LayerCache(shape, instance, turns !== undefined);
    if (turns) {
      cache.#turned = true;
      cache.#floats(cache.#exports.turnsAt(), turns.length).set(turns);
    }
    return cache;
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#length;
  }

  /** A view of the keys of a KV head's tokens from `first` on, `[length - first, headDim]`. */
  keysOf(kvHead: number, first = 0): Float32Array<ArrayBuffer> {
    return this.#rows(this.#exports.keysAt(), kvHead, first);
  }

  /** A view of the values of a KV head's tokens from `first` on, `[length - first, headDim]`. */
  valuesOf(kvHead: number, first = 0): Float32Array<ArrayBuffer> {
    return this.#rows(this.#exports.valuesAt(), kvHead, first);
  }

  /**
   * Adds tokens; both lists are `[tokens, kvHeads, headDim]`.
   *
   * @throws {RangeError} when they do not fit
   */
  append(keys: Float32Array, values: Float32Array) {
    const length = this.#length + keys.length / this.#width;
    if (length > this.shape.capacity) {
      throw new RangeError(`Expected at most ${this.shape.capacity} tokens but found ${length}`);
    }
    const { enteringAt, enteringTokens, enter } = this.#exports;
    const most = enteringTokens() * this.#width;
    for (let from = 0; from < keys.length; from += most) {
      const end = Math.min(from + most, keys.length);
      this.#floats(enteringAt(), end - from).set(keys.subarray(from, end));
      this.#floats(enteringAt() + 4 * most, end - from).set(values.subarray(from, end));
      enter(this.#length + from / this.#width, (end - from) / this.#width);
    }
    this.#length = length;
  }

  /**
   * Attends to all tokens.
   *
   * @param queries `[queryHeads, headDim]`
   * @param first or to those from this one on
   * @returns a view, `[queryHeads, headDim]`, good until the next call
   */
  attendAll(queries: Float32Array, first = 0): Float32Array {
    this.#queries.set(queries);
    this.#exports.attendAll(first, this.#length);
    return this.#output;
  }

  /**
   * Attends to some tokens. With a turn table, each head's tokens must ascend.
   *
   * @param sets tokens of the cache, none of them empty
   * @param bias added to the logits, at the places of the tokens; or empty
   * @returns a view, `[queryHeads, headDim]`, good until the next call
   */
  attendListed(queries: Float32Array, sets: TokenSets, bias: Float32Array): Float32Array {
    const { memory, offsetsAt, tokensAt, biasAt, attendListed } = this.#exports;
    this.#queries.set(queries);
    new Uint32Array(memory.buffer, offsetsAt() >>> 0, sets.offsets.length).set(sets.offsets);
    new Uint32Array(memory.buffer, tokensAt() >>> 0, sets.tokens.length).set(sets.tokens);
    if (bias.length > 0) this.#floats(biasAt(), bias.length).set(bias);
    const [perKvHead, biased] = [sets.per === "kv-head", bias.length > 0];
    attendListed(Number(perKvHead), Number(biased), Number(this.#turned), this.#length);
    return this.#output;
  }

  /** Weights of the last attention, which was to all tokens or to the sets that are given. */
  observation(sets?: TokenSets): Observation {
    const { offsets, tokens } = this.#byQueryHead(sets);
    const weights = this.#floats(this.#exports.weightsAt(), tokens.length).slice();
    return { offsets, tokens, weights };
  }

  /** A copy of sets, or of all tokens, in which each query head has a list of its own. */
  #byQueryHead(sets: TokenSets | undefined): Pick<TokenSets, "offsets" | "tokens"> {
    const { queryHeads } = this.shape;
    if (sets?.offsets.length === queryHeads + 1) {
      return { offsets: sets.offsets.slice(), tokens: sets.tokens.slice() };
    }
    const all = sets ? undefined : allTokens(this.#length);
    return tokenSetsOf(
      Array.from({ length: queryHeads }, (_, head) => all ?? tokensOf(sets!, head, queryHeads)),
    );
  }

  /**
   * Adds the weights that one of the prompt's queries gives to the tokens from `first` up to `length`
   * to a running sum, which {@linkcode summedWeights} returns.
   */
  addWeights(queries: Float32Array, first: number, length: number) {
    this.#queries.set(queries);
    this.#exports.addWeights(first, length);
  }

  /** The sums of {@linkcode addWeights}, every query head over all tokens. */
  summedWeights(): Observation {
    const { queryHeads, capacity } = this.shape;
    const length = this.#length;
    const offsets = Uint32Array.from({ length: queryHeads + 1 }, (_, head) => head * length);
    const tokens = Uint32Array.from({ length: queryHeads * length }, (_, i) => i % length);
    const weights = new Float32Array(queryHeads * length);
    for (let head = 0; head < queryHeads; head++) {
      const at = this.#exports.sumsAt() + 4 * head * capacity;
      weights.set(this.#floats(at, length), head * length);
    }
    return { offsets, tokens, weights };
  }

  /**
   * Scaled products of a head's query and all keys. The weights of the last attention are lost.
   *
   * @param queries `[queryHeads, headDim]`
   * @returns a view, `[length]`, good until the next call
   */
  logits(queryHead: number, queries: Float32Array): Float32Array {
    this.#queries.set(queries);
    return this.#floats(this.#exports.logitsOf(queryHead, this.#length), this.#length);
  }

  /** A KV head's rows of the tokens from `first` on. */
  #rows(at: number, kvHead: number, first: number): Float32Array<ArrayBuffer> {
    const { capacity, headDim } = this.shape;
    const begin = (kvHead * capacity + first) * headDim;
    return this.#floats(at + 4 * begin, (this.#length - first) * headDim);
  }

  get #queries(): Float32Array {
    return this.#floats(this.#exports.queriesAt(), this.#queryWidth);
  }

  get #output(): Float32Array {
    return this.#floats(this.#exports.outputAt(), this.#queryWidth);
  }

  /** Addresses over 2 GiB come out of WebAssembly as negative numbers. */
  #floats(at: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#exports.memory.buffer as ArrayBuffer, at >>> 0, length);
  }
}

// The shape of the layer a session works for, and checks of what comes in.
import { Config, LengthMismatch, PolicyError, TokenBlock } from "kvpim/policy";
import { address } from "kvpim/vectors";

/** Numbers of one layer that every policy needs. */
export class Layer {
  readonly queryHeads: i32;
  readonly kvHeads: i32;
  /** Query heads that read one KV head. */
  readonly group: i32;
  readonly headDim: i32;
  /** Bytes of one element in the simulated cache. */
  readonly elementBytes: i32;
  /** Bytes of one key in the simulated cache. */
  readonly vectorBytes: i32;
  /** Tokens a head may attend to in one step. */
  readonly budget: i32;

  constructor(config: Config) {
    this.queryHeads = config.queryHeads;
    this.kvHeads = config.kvHeads;
    this.group = config.kvHeads > 0 ? config.queryHeads / config.kvHeads : 0;
    this.headDim = config.headDim;
    this.elementBytes = config.elementBytes;
    this.vectorBytes = config.headDim * config.elementBytes;
    this.budget = <i32> min<u32>(config.budget, 0x7fffffff);
  }

  /** Whether the shape is one the contract allows, with a head size that is a multiple of `multiple`. */
  isSupported(multiple: i32 = 4): bool {
    return this.kvHeads > 0 && this.group > 0 && this.queryHeads === this.group * this.kvHeads &&
      this.headDim > 0 && this.headDim % multiple === 0 && this.budget > 0;
  }

  /** Address of the first of the queries that read a KV head; the others follow. */
  groupQueries(queries: StaticArray<f32>, kvHead: i32): usize {
    return address(queries, kvHead * this.group * this.headDim);
  }

  /** What is wrong with the keys of a block; null if nothing. */
  keysError(block: TokenBlock): PolicyError | null {
    return lengthError(block.keys.length, this.kvHeads * block.count * this.headDim);
  }

  /** What is wrong with a step's queries; null if nothing. */
  queriesError(queries: StaticArray<f32>): PolicyError | null {
    return lengthError(queries.length, this.queryHeads * this.headDim);
  }
}

/** The error of a list that does not have the length expected; null if it has. */
export function lengthError(found: i32, expected: i32): PolicyError | null {
  if (found === expected) return null;
  const mismatch = new LengthMismatch();
  mismatch.expected = expected;
  mismatch.found = found;
  return PolicyError.wrongLength(mismatch);
}

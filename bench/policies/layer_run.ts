/**
 * One layer of Llama-3.1-8B under a policy, with made-up keys and queries.
 *
 * @module
 */
import {
  PluginFailure,
  type Policy,
  type PolicyOutcome,
  type PolicySession,
  unwrap,
  type Usage,
} from "../../core/host/mod.ts";
import type {
  Description,
  Observation,
  Selection,
  TokenBlock,
  Update,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";

/** Heads of a layer of Llama-3.1-8B. */
export const QUERY_HEADS = 32;
export const KV_HEADS = 8;
export const HEAD_DIM = 128;

const NONE = new Float32Array();
const BLOCK_TOKENS = 2048;
const NO_OBSERVATION: Observation = {
  offsets: new Uint32Array(),
  tokens: new Uint32Array(),
  weights: NONE,
};

/** What one call took and gave. */
interface Timed<T> {
  readonly value: T;
  readonly milliseconds: number;
  readonly usage: Usage;
}

/**
 * Keys follow an autoregressive process of the first order (each 0.9 times the one before, plus
 * noise), since neighbouring keys of real models are alike; queries are noise.
 */
export class LayerRun {
  readonly #previous = new Float32Array(KV_HEADS * HEAD_DIM);
  #state = 1;
  #length = 0;

  private constructor(
    private readonly session: PolicySession,
    private readonly description: Description,
  ) {}

  /**
   * Opens a session with the policy's default parameters.
   *
   * @throws {RangeError} if the policy observes steps: there is no attention here
   */
  static async open(policy: Policy, budget: number, maxTokens: number): Promise<LayerRun> {
    const session = unwrap(
      await policy.open({
        layer: 2,
        layers: 32,
        queryHeads: QUERY_HEADS,
        kvHeads: KV_HEADS,
        headDim: HEAD_DIM,
        elementBytes: 2,
        budget,
        maxTokens,
        seed: 1,
        parameters: [],
        calibration: new Uint8Array(),
        queryProjection: NONE,
        keyProjection: NONE,
      }),
    );
    const description = unwrap(await policy.describe());
    if (description.observesSteps) {
      throw new RangeError(
        `Expected a policy that does not observe steps but found ${description.name}`,
      );
    }
    return new LayerRun(session, description);
  }

  /** Reads a prompt; gives the milliseconds and the update it ended in. */
  async prefill(tokens: number): Promise<Timed<Update>> {
    let milliseconds = 0;
    for (let first = 0; first < tokens; first += BLOCK_TOKENS) {
      const block = this.#block(Math.min(BLOCK_TOKENS, tokens - first));
      const start = performance.now();
      unwrap(await this.session.prefill(block));
      milliseconds += performance.now() - start;
    }
    const weights = this.#promptWeights();
    const end = await this.#timed(() => this.session.endPrefill(weights));
    return { ...end, milliseconds: milliseconds + end.milliseconds };
  }

  /** Adds one token. */
  append(): Promise<Timed<Update>> {
    const block = this.#block(1);
    return this.#timed(() => this.session.append(block));
  }

  /** Selects for random queries. */
  select(): Promise<Timed<Selection>> {
    const queries = this.#queries();
    const { inputs } = this.description;
    const step = {
      position: this.#length - 1,
      queries: inputs.includes("queries") ? queries : NONE,
      speculatedQueries: inputs.includes("speculated-queries") ? queries : NONE,
      previousHidden: NONE,
    };
    return this.#timed(() => this.session.select(step));
  }

  close(): void {
    this.session.close();
  }

  async #timed<T>(call: () => Promise<PolicyOutcome<T>>): Promise<Timed<T>> {
    const start = performance.now();
    const outcome = await call();
    const milliseconds = performance.now() - start;
    if (outcome.kind !== "ok") throw new PluginFailure(outcome);
    return { value: outcome.value, milliseconds, usage: outcome.usage };
  }

  #block(count: number): TokenBlock {
    this.#length += count;
    const asked = this.description.inputs.includes("keys");
    const keys = asked ? this.#keys(count) : NONE;
    return { count, keys, values: NONE, unrotatedKeys: NONE };
  }

  #keys(count: number): Float32Array<ArrayBuffer> {
    const keys = new Float32Array(KV_HEADS * count * HEAD_DIM);
    for (let head = 0; head < KV_HEADS; head++) {
      for (let token = 0; token < count; token++) {
        for (let channel = 0; channel < HEAD_DIM; channel++) {
          const at = head * HEAD_DIM + channel;
          const next = 0.9 * (this.#previous[at] ?? 0) + this.#noise();
          this.#previous[at] = next;
          keys[(head * count + token) * HEAD_DIM + channel] = next;
        }
      }
    }
    return keys;
  }

  #queries(): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: QUERY_HEADS * HEAD_DIM }, () => 3 * this.#noise());
  }

  #promptWeights(): Observation {
    if (this.description.observedPromptQueries === 0) return NO_OBSERVATION;
    const offsets = Uint32Array.from({ length: QUERY_HEADS + 1 }, (_, head) => head * this.#length);
    const entries = { length: QUERY_HEADS * this.#length };
    return {
      offsets,
      tokens: Uint32Array.from(entries, (_, at) => at % this.#length),
      weights: Float32Array.from(entries, () => this.#noise() + 0.5),
    };
  }

  #noise(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32 - 0.5;
  }
}

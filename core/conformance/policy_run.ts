import {
  type Policy,
  type PolicyOutcome,
  type PolicySession,
  unwrap,
  type Usage,
} from "../host/mod.ts";
import { PresentTokens } from "../llm/present_tokens.ts";
import { SeededRandom } from "../llm/random.ts";
import { tokensOf } from "../llm/token_sets.ts";
import type {
  Description,
  Observation,
  ParameterValue,
  Selection,
  Step,
  TokenBlock,
  TokenSets,
  Update,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { type LayerShape, MadeUpLayer, type Texture } from "./made_up_layer.ts";

/** What a run of one layer is given. */
export interface PolicyRunOptions {
  readonly shape: LayerShape;
  /** Tokens a head may attend to in a step. */
  readonly budget: number;
  /** The most tokens of the run. */
  readonly maxTokens: number;
  readonly parameters?: readonly ParameterValue[];
  readonly calibration?: Uint8Array;
  /** @default {1} */
  readonly seed?: number;
  /** @default {"smooth"} */
  readonly texture?: Texture;
  /** Told the keys of tokens that enter, `[kvHeads, count, headDim]`. */
  readonly onKeys?: (keys: Float32Array, count: number) => void;
}

/** What a step came to. */
export interface RunStep {
  readonly update: Update;
  readonly selection: Selection;
  /** What each query head sees, in the order the policy gave. */
  readonly visible: readonly Uint32Array[];
}

/** A step and the time of the policy's calls in it. */
interface TimedStep extends RunStep {
  readonly milliseconds: number;
}

const NONE = new Float32Array(0);
/** A layer that no policy leaves dense by default. */
const LAYER = 2;
const LAYERS = 32;
const BLOCK_TOKENS = 2048;
const NO_OBSERVATION: Observation = {
  offsets: new Uint32Array(0),
  tokens: new Uint32Array(0),
  weights: NONE,
};

/**
 * A policy at work on one layer with made-up values: it gets what it asked for, and every answer is
 * held against the contract by the host.
 */
export class PolicyRun {
  readonly #layer: MadeUpLayer;
  readonly #others: SeededRandom;
  readonly #present: PresentTokens;
  #tokens = 0;
  #milliseconds = 0;
  #mostFuel = 0;
  #mostMemoryBytes = 0;
  /** Queries of the last step, `[queryHeads, headDim]`. */
  queries: Float32Array = NONE;

  private constructor(
    private readonly session: PolicySession,
    readonly description: Description,
    private readonly options: PolicyRunOptions,
  ) {
    const { shape, texture = "smooth", maxTokens } = options;
    this.#layer = new MadeUpLayer(shape, 7, texture);
    this.#others = new SeededRandom(3);
    this.#present = new PresentTokens(shape.queryHeads, shape.kvHeads, maxTokens);
  }

  /**
   * Begins a run.
   *
   * @throws {PluginFailure} if the policy does not take the shape, budget or parameters
   */
  static async open(policy: Policy, options: PolicyRunOptions): Promise<PolicyRun> {
    const { shape, parameters = [], calibration = new Uint8Array(0), seed = 1 } = options;
    const description = unwrap(await policy.describe(parameters));
    const asked = description.inputs.includes("projections");
    const hidden = shape.queryHeads * shape.headDim;
    const random = new SeededRandom(5);
    const projection = (heads: number) =>
      asked
        ? Float32Array.from(
          { length: heads * shape.headDim * hidden },
          () => random.uniform() - 0.5,
        )
        : NONE;
    const session = unwrap(
      await policy.open({
        layer: LAYER,
        layers: LAYERS,
        ...shape,
        elementBytes: 2,
        budget: options.budget,
        maxTokens: options.maxTokens,
        seed,
        parameters,
        calibration,
        queryProjection: projection(shape.queryHeads),
        keyProjection: projection(shape.kvHeads),
      }),
    );
    return new PolicyRun(session, description, options);
  }

  /** Tokens that entered. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Milliseconds of the policy's calls so far. */
  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** The most one call took. */
  get most(): Usage {
    return { fuel: this.#mostFuel, memoryBytes: this.#mostMemoryBytes };
  }

  /** Reads a prompt in blocks. */
  async prefill(blocks: readonly number[]): Promise<Update> {
    for (const count of blocks) {
      for (let done = 0; done < count; done += BLOCK_TOKENS) {
        const block = this.#block(Math.min(BLOCK_TOKENS, count - done));
        await this.#timed(() => this.session.prefill(block));
      }
    }
    const observes = this.description.observedPromptQueries > 0;
    const sets = this.#present.lists(this.#tokens);
    const weights = observes ? this.#weights(sets) : NO_OBSERVATION;
    return this.#applied(await this.#timed(() => this.session.endPrefill(weights)));
  }

  /** Adds generated tokens in blocks, without a choice in between. */
  async append(blocks: readonly number[]): Promise<void> {
    for (const count of blocks) {
      const block = this.#block(count);
      this.#applied(await this.#timed(() => this.session.append(block)));
    }
  }

  /** Adds a token and lets it choose what to attend to. */
  async step(): Promise<TimedStep> {
    const before = this.#milliseconds;
    const block = this.#block(1);
    const update = this.#applied(await this.#timed(() => this.session.append(block)));
    const step = this.#step();
    const selection = await this.#timed(() => this.session.select(step));
    const sets = selection.visible.tag === "only"
      ? selection.visible.value
      : this.#present.lists(this.#tokens);
    if (this.description.observesSteps) {
      const weights = this.#weights(sets);
      this.#applied(await this.#timed(() => this.session.observe(weights)));
    }
    const { queryHeads } = this.options.shape;
    const visible = Array.from(
      { length: queryHeads },
      (_, head) => tokensOf(sets, head, queryHeads),
    );
    return { update, selection, visible, milliseconds: this.#milliseconds - before };
  }

  /** Lets go of the session. */
  close() {
    this.session.close();
  }

  async #timed<T>(call: () => Promise<PolicyOutcome<T>>): Promise<T> {
    const start = performance.now();
    const outcome = await call();
    this.#milliseconds += performance.now() - start;
    if (outcome.kind === "ok") {
      this.#mostFuel = Math.max(this.#mostFuel, outcome.usage.fuel);
      this.#mostMemoryBytes = Math.max(this.#mostMemoryBytes, outcome.usage.memoryBytes);
    }
    return unwrap(outcome);
  }

  #applied(update: Update): Update {
    this.#present.evict(update.evicted, this.#tokens);
    return update;
  }

  #block(count: number): TokenBlock {
    this.#tokens += count;
    const { inputs } = this.description;
    const keys = this.#layer.keys(count);
    this.options.onKeys?.(keys, count);
    return {
      count,
      keys: inputs.includes("keys") ? keys : NONE,
      values: inputs.includes("values") ? keys : NONE,
      unrotatedKeys: inputs.includes("unrotated-keys") ? keys : NONE,
    };
  }

  #step(): Step {
    const { inputs } = this.description;
    this.queries = this.#layer.queries();
    const { queryHeads, headDim } = this.options.shape;
    const hidden = inputs.includes("previous-hidden")
      ? Float32Array.from({ length: queryHeads * headDim }, () => this.#others.uniform() - 0.5)
      : NONE;
    return {
      position: this.#tokens - 1,
      queries: inputs.includes("queries") ? this.queries : NONE,
      speculatedQueries: inputs.includes("speculated-queries") ? this.queries : NONE,
      previousHidden: hidden,
    };
  }

  /** Attention weights of what is seen, few of them large. */
  #weights(sets: TokenSets): Observation {
    const { queryHeads } = this.options.shape;
    const offsets = new Uint32Array(queryHeads + 1);
    const lists = Array.from({ length: queryHeads }, (_, head) => {
      const tokens = Uint32Array.from(tokensOf(sets, head, queryHeads)).sort();
      offsets[head + 1] = offsets[head]! + tokens.length;
      return [...tokens];
    });
    const tokens = Uint32Array.from(lists.flat());
    return {
      offsets,
      tokens,
      weights: Float32Array.from(tokens, () => this.#others.uniform() ** 4),
    };
  }
}

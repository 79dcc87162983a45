import {
  type DecodeObserver,
  EVERYTHING,
  type KvPolicySession,
  type LayerTokens,
  NO_OBSERVATION,
  type PolicyNeeds,
  type Selection,
  type TokenBlock,
  type Update,
  type Visible,
} from "./kv_policy.ts";
import type { LayerCache, TurnTable } from "./layer_cache.ts";
import { MeanValues } from "./mean_values.ts";
import { PresentTokens } from "./present_tokens.ts";
import { turnQueries } from "./rank_rotation.ts";
import { ascending, checkTokenSets, tokensFrom, tokensOf } from "./token_sets.ts";

/** A policy's session and what it asked for. */
export interface LayerPolicy {
  readonly session: KvPolicySession;
  readonly needs: PolicyNeeds;
  /** For rotation by rank. */
  readonly turns: TurnTable | undefined;
}

/** What a policy that speculates gets beside the queries. */
export interface Speculation {
  readonly speculatedQueries: Float32Array;
  readonly previousHidden: Float32Array;
}

/** Attention of one layer of one sequence: the cache, and the policy if the layer has one. */
export class LayerAttention {
  readonly #present: PresentTokens;
  readonly #means: MeanValues;

  /** @param window how many tokens a token sees, itself and those before */
  constructor(
    private readonly layer: number,
    readonly cache: LayerCache,
    private readonly policy: LayerPolicy | undefined,
    private readonly observer: DecodeObserver,
    window = Infinity,
  ) {
    const { queryHeads, kvHeads, capacity } = cache.shape;
    this.#present = new PresentTokens(queryHeads, kvHeads, capacity, window);
    this.#means = new MeanValues(cache, this.#present);
  }

  /**
   * Takes in some of the prompt's tokens; attending to them is the caller's, since prefill is
   * dense.
   *
   * @param promptEnd where the prompt ends, which tells the queries that are observed
   */
  async prefill(tokens: LayerTokens, promptEnd: number) {
    const first = this.cache.length;
    this.cache.append(tokens.keys, tokens.values);
    this.observer.onPrompt?.(this.layer, tokens);
    if (!this.policy) return;
    await this.policy.session.prefill(this.#block(tokens));
    const observedFrom = promptEnd - this.policy.needs.observedPromptQueries;
    const { queryHeads, headDim } = this.cache.shape;
    const width = queryHeads * headDim;
    for (let position = Math.max(first, observedFrom); position < this.cache.length; position++) {
      const at = (position - first) * width;
      const queries = tokens.queries.subarray(at, at + width);
      this.cache.addWeights(queries, this.#present.first(position + 1), position + 1);
    }
  }

  /** Says that the prompt is complete. */
  async endPrefill() {
    if (!this.policy) return;
    const observed = this.policy.needs.observedPromptQueries > 0;
    const weights = observed ? this.cache.summedWeights() : NO_OBSERVATION;
    this.#apply(await this.policy.session.endPrefill(weights));
  }

  /**
   * Takes in one token and attends from it.
   *
   * @returns `[queryHeads, headDim]`, good until the next call
   */
  async step(token: LayerTokens, speculation: Speculation): Promise<Float32Array> {
    const position = this.cache.length;
    this.cache.append(token.keys, token.values);
    if (!this.policy) {
      this.observer.onSelection?.(this.layer, position, EVERYTHING.visible, undefined);
      return this.cache.attendAll(token.queries, this.#present.first(this.cache.length));
    }
    const { session, needs } = this.policy;
    this.#apply(await session.append(this.#block(token)));
    const asked = (input: PolicyNeeds["inputs"][number], list: Float32Array) =>
      needs.inputs.includes(input) ? list : NOTHING;
    const selection = await session.select({
      position,
      queries: asked("queries", token.queries),
      speculatedQueries: asked("speculated-queries", speculation.speculatedQueries),
      previousHidden: asked("previous-hidden", speculation.previousHidden),
    });
    const [visible, bias] = this.#resolve(selection);
    const output = this.#attend(token.queries, visible, bias);
    if (selection.meanValueWeights.length > 0) this.#means.mix(output, selection.meanValueWeights);
    this.observer.onSelection?.(this.layer, position, visible, selection);
    // Weights are read before the report, which overwrites them; a selection is good until the
    // policy is called again.
    const observation = needs.observesSteps && session.observe
      ? this.cache.observation(visible.tag === "only" ? visible.value : undefined)
      : undefined;
    if (this.observer.onAttention) this.#report(token.queries, visible);
    if (observation) this.#apply(await session.observe!(observation));
    return output;
  }

  /** Lets go of the policy's session. */
  close() {
    this.policy?.session.close?.();
  }

  /** Tells the observer of each head. */
  #report(queries: Float32Array, visible: Visible) {
    const { queryHeads } = this.cache.shape;
    const sets = visible.tag === "only" ? visible.value : undefined;
    for (let queryHead = 0; queryHead < queryHeads; queryHead++) {
      const kept = sets && tokensOf(sets, queryHead, queryHeads);
      const logits = this.cache.logits(queryHead, queries);
      logits.fill(-Infinity, 0, this.#present.first(this.cache.length));
      this.observer.onAttention?.({ layer: this.layer, queryHead, kept, logits });
    }
  }

  #apply(update: Update) {
    this.#present.evict(update.evicted, this.cache.length);
    this.observer.onUpdate?.(this.layer, this.cache.length - 1, update);
  }

  /**
   * What a selection comes to: everything is a list once something was evicted or left the window,
   * lists end where the window does, and ascend where ranks or observations need it.
   */
  #resolve({ visible, bias }: Selection): [Visible, Float32Array] {
    const { queryHeads, kvHeads } = this.cache.shape;
    const { length } = this.cache;
    if (visible.tag === "everything") {
      if (this.#present.isComplete(length)) return [visible, bias];
      const value = this.#present.lists(length);
      checkTokenSets(value, value.per === "kv-head" ? kvHeads : queryHeads, length);
      return [{ tag: "only", value }, bias];
    }
    const sets = visible.value;
    checkTokenSets(sets, sets.per === "kv-head" ? kvHeads : queryHeads, length);
    this.#present.check(sets);
    if (bias.length !== 0 && bias.length !== sets.tokens.length) {
      throw new RangeError(`Expected ${sets.tokens.length} biases but found ${bias.length}`);
    }
    const first = this.#present.first(length);
    const within = first === 0 ? [sets, bias] as const : tokensFrom(sets, bias, first, length - 1);
    const { turns, needs } = this.policy!;
    const [value, ownBias] = turns || needs.observesSteps ? ascending(...within) : within;
    return [{ tag: "only", value }, ownBias];
  }

  #attend(queries: Float32Array, visible: Visible, bias: Float32Array): Float32Array {
    if (visible.tag === "everything") return this.cache.attendAll(queries);
    const turns = this.policy?.turns;
    if (!turns) return this.cache.attendListed(queries, visible.value, bias);
    const { queryHeads } = this.cache.shape;
    const turned = turnQueries(queries, queryHeads, this.cache.length - 1, visible.value, turns);
    return this.cache.attendListed(turned, visible.value, bias);
  }

  /** Tokens as the policy wants them: `[kvHeads, tokens, headDim]`, and only what it asked for. */
  #block(tokens: LayerTokens): TokenBlock {
    const { kvHeads, headDim } = this.cache.shape;
    const count = tokens.keys.length / (kvHeads * headDim);
    const { inputs } = this.policy!.needs;
    const byHead = (list: Float32Array) => headsFirst(list, count, kvHeads, headDim);
    return {
      count,
      keys: inputs.includes("keys") ? byHead(tokens.keys) : NOTHING,
      values: inputs.includes("values") ? byHead(tokens.values) : NOTHING,
      unrotatedKeys: inputs.includes("unrotated-keys") ? byHead(tokens.unrotatedKeys) : NOTHING,
    };
  }
}

const NOTHING = new Float32Array(0);

/** From `[tokens, heads, headDim]` to `[heads, tokens, headDim]`. */
function headsFirst(list: Float32Array, tokens: number, heads: number, dim: number): Float32Array {
  if (tokens === 1) return list;
  const result = new Float32Array(list.length);
  for (let token = 0; token < tokens; token++) {
    for (let head = 0; head < heads; head++) {
      const from = (token * heads + head) * dim;
      result.set(list.subarray(from, from + dim), (head * tokens + token) * dim);
    }
  }
  return result;
}

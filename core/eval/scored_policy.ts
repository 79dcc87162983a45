import type {
  KvPolicy,
  KvPolicySession,
  PolicyLayer,
  Step,
  TokenBlock,
  Visible,
} from "../llm/kv_policy.ts";
import type { AttentionObserver } from "./language_model.ts";

type Input = KvPolicy["needs"]["inputs"][number];

/**
 * A policy whose decisions are shown to an observer beside the exact attention scores of all tokens,
 * evicted ones too. What the policy is given and what it decides stay the same.
 */
export class ScoredPolicy {
  readonly policy: KvPolicy;
  readonly #layers = new Map<number, LayerScores>();

  constructor(policy: KvPolicy, private readonly observer: AttentionObserver) {
    const inputs = new Set<Input>([...policy.needs.inputs, "keys", "queries"]);
    this.policy = {
      needs: { ...policy.needs, inputs: [...inputs] },
      open: async (layer) => {
        const scores = new LayerScores(layer);
        this.#layers.set(layer.layer, scores);
        return watched(await policy.open(layer), policy.needs.inputs, scores);
      },
    };
  }

  /** Shows the observer what each query head of a layer attends to, once it is decided. */
  onSelection(layer: number, visible: Visible) {
    const scores = this.#layers.get(layer);
    if (!scores) return;
    for (let queryHead = 0; queryHead < scores.shape.queryHeads; queryHead++) {
      const kept = visible.tag === "everything"
        ? undefined
        : scores.setOf(queryHead, visible.value);
      this.observer({ layer, queryHead, kept, logits: scores.logitsOf(queryHead) });
    }
  }
}

/** A session that takes note of keys and queries, and passes on what the policy asked for. */
function watched(
  session: KvPolicySession,
  asked: readonly Input[],
  scores: LayerScores,
): KvPolicySession {
  const keys = asked.includes("keys");
  const queries = asked.includes("queries");
  const block = (tokens: TokenBlock): TokenBlock => {
    scores.append(tokens);
    return keys ? tokens : { ...tokens, keys: NOTHING };
  };
  return {
    prefill: (tokens) => session.prefill(block(tokens)),
    endPrefill: (weights) => session.endPrefill(weights),
    append: (tokens) => session.append(block(tokens)),
    select(step: Step) {
      scores.queries = step.queries;
      return session.select(queries ? step : { ...step, queries: NOTHING });
    },
    ...session.observe && { observe: (weights) => session.observe!(weights) },
    close: () => session.close?.(),
  };
}

const NOTHING = new Float32Array(0);

/** All keys of a layer, and the scores of the queries at work. */
class LayerScores {
  queries: Float32Array = NOTHING;
  #tokens = 0;
  readonly #keys: readonly Float32Array[];
  readonly #logits: Float32Array;

  constructor(readonly shape: PolicyLayer) {
    const { kvHeads, headDim, maxTokens } = shape;
    this.#keys = Array.from({ length: kvHeads }, () => new Float32Array(maxTokens * headDim));
    this.#logits = new Float32Array(maxTokens);
  }

  append({ count, keys }: TokenBlock) {
    const width = count * this.shape.headDim;
    this.#keys.forEach((own, head) => {
      own.set(keys.subarray(head * width, (head + 1) * width), this.#tokens * this.shape.headDim);
    });
    this.#tokens += count;
  }

  /** Scaled query-key products of a head; good until the next call. */
  logitsOf(queryHead: number): Float32Array {
    const { headDim } = this.shape;
    const keys = this.#keys[this.#kvHead(queryHead)]!;
    const first = queryHead * headDim;
    for (let token = 0; token < this.#tokens; token++) {
      let sum = 0;
      for (let i = 0, at = token * headDim; i < headDim; i++) {
        sum += this.queries[first + i]! * keys[at + i]!;
      }
      this.#logits[token] = sum / Math.sqrt(headDim);
    }
    return this.#logits.subarray(0, this.#tokens);
  }

  setOf(
    queryHead: number,
    { per, offsets, tokens }: Extract<Visible, { tag: "only" }>["value"],
  ): Uint32Array {
    const head = per === "query-head" ? queryHead : this.#kvHead(queryHead);
    return tokens.subarray(offsets[head], offsets[head + 1]);
  }

  #kvHead(queryHead: number): number {
    return Math.floor(queryHead / (this.shape.queryHeads / this.shape.kvHeads));
  }
}

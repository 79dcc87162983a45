/**
 * For tests only: one session of a policy, spoken to in the nested arrays of the references.
 *
 * @module
 */
import { type Policy, type PolicySession, unwrap } from "../../core/host/mod.ts";
import type * as contract from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import type { Vector } from "../reference/float32.ts";
import type {
  Calibration,
  KeyBlock,
  Selection,
  Shape,
  StepQueries,
  TokenSets,
  Update,
  Weights,
} from "../reference/policy.ts";
import { range } from "../reference/ranking.ts";

/** Parameter values by name; choices by their name too. */
export type Parameters = Readonly<Record<string, number | boolean | string>>;

const NONE = new Float32Array();

/** Values of all parameters: the given ones and the defaults of the others. */
export function parameterValues(
  { parameters }: contract.Description,
  given: Parameters,
): contract.ParameterValue[] {
  const unknown = Object.keys(given).filter((name) =>
    !parameters.some((parameter) => parameter.name === name)
  );
  if (unknown.length > 0) throw new RangeError(`Expected known parameters but found ${unknown}`);
  return parameters.map(({ name, kind }): contract.ParameterValue => {
    const value = given[name];
    switch (kind.tag) {
      case "flag":
        return { tag: "flag", value: value === undefined ? kind.value : value === true };
      case "choice":
        return {
          tag: "choice",
          value: value === undefined
            ? kind.value.defaultValue
            : kind.value.options.indexOf(String(value)),
        };
      default:
        return { tag: kind.tag, value: Number(value ?? kind.value.defaultValue) };
    }
  });
}

/** Opens a session, with the defaults of the parameters that are not given. */
export async function openSession(
  policy: Policy,
  shape: Shape,
  given: Parameters = {},
  calibration: Calibration = new Uint8Array(),
): Promise<PluginSession> {
  const parameters = parameterValues(unwrap(await policy.describe()), given);
  const description = unwrap(await policy.describe(parameters));
  const session = unwrap(
    await policy.open({
      layer: 2,
      layers: 32,
      queryHeads: shape.queryHeads,
      kvHeads: shape.kvHeads,
      headDim: shape.headDim,
      elementBytes: shape.elementBytes,
      budget: shape.budget,
      maxTokens: 8192,
      seed: Number(shape.seed),
      parameters,
      calibration,
      queryProjection: NONE,
      keyProjection: NONE,
    }),
  );
  return new PluginSession(session, shape, description);
}

/** A run of one layer. */
export class PluginSession {
  #length = 0;

  constructor(
    private readonly session: PolicySession,
    private readonly shape: Shape,
    readonly description: contract.Description,
  ) {}

  async prefill(block: KeyBlock): Promise<void> {
    unwrap(await this.session.prefill(this.#tokenBlock(block)));
  }

  async endPrefill(weights: Weights): Promise<Update> {
    return this.#update(unwrap(await this.session.endPrefill(observation(weights))));
  }

  async append(block: KeyBlock): Promise<Update> {
    return this.#update(unwrap(await this.session.append(this.#tokenBlock(block))));
  }

  async select({ queries, speculated }: StepQueries): Promise<Selection> {
    const { inputs } = this.description;
    const selection = unwrap(
      await this.session.select({
        position: this.#length - 1,
        queries: inputs.includes("queries") ? flat(queries) : NONE,
        speculatedQueries: inputs.includes("speculated-queries") ? flat(speculated) : NONE,
        previousHidden: NONE,
      }),
    );
    return toSelection(selection);
  }

  async observe(weights: Weights): Promise<Update> {
    return this.#update(unwrap(await this.session.observe(observation(weights))));
  }

  close(): void {
    this.session.close();
  }

  #tokenBlock(block: KeyBlock): contract.TokenBlock {
    const count = block[0]?.length ?? 0;
    this.#length += count;
    return {
      count,
      keys: this.description.inputs.includes("keys") ? flat(block.flat()) : NONE,
      values: NONE,
      unrotatedKeys: NONE,
    };
  }

  #heads(per: contract.HeadUnit): number {
    return per === "query-head" ? this.shape.queryHeads : this.shape.kvHeads;
  }

  #update({ evicted, placement, clusterings, accesses }: contract.Update): Update {
    return {
      evicted: evicted.offsets.length === 0 ? null : toSets(evicted),
      placement: placement.slots.length === 0 ? null : {
        per: placement.per,
        firstToken: placement.firstToken,
        slots: split(placement.slots, this.#heads(placement.per)),
      },
      clusterings,
      accesses,
    };
  }
}

function flat(vectors: readonly Vector[]): Float32Array<ArrayBuffer> {
  return new Float32Array(vectors.flatMap((vector) => Array.from(vector)));
}

/** Cuts a list into parts of equal length. */
function split(values: Uint32Array, parts: number): number[][] {
  const each = values.length / parts;
  return range(0, parts).map((part) => Array.from(values.slice(part * each, (part + 1) * each)));
}

function observation({ tokens, weights }: Weights): contract.Observation {
  const offsets = [0];
  for (const own of tokens) offsets.push((offsets.at(-1) ?? 0) + own.length);
  return {
    offsets: tokens.length === 0 ? new Uint32Array() : new Uint32Array(offsets),
    tokens: new Uint32Array(tokens.flat()),
    weights: new Float32Array(weights.flat()),
  };
}

function toSets({ per, offsets, tokens }: contract.TokenSets): TokenSets {
  const ends = Array.from(offsets).slice(1);
  return { per, sets: ends.map((end, head) => Array.from(tokens.slice(offsets[head], end))) };
}

function toSelection(selection: contract.Selection): Selection {
  const { visible, bias, meanValueWeights, accesses } = selection;
  return {
    visible: visible.tag === "everything" ? "everything" : toSets(visible.value),
    bias: Array.from(bias),
    meanValueWeights: Array.from(meanValueWeights),
    accesses,
  };
}

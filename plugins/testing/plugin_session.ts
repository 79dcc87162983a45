/**
 * For tests only: one session of a plugin, spoken to in the nested arrays of the references.
 *
 * @module
 */
import type { ComponentInstance } from "../../core/host/component_instance.ts";
import { unwrap } from "../../core/host/outcome.ts";
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
import type { Vector } from "../reference/float32.ts";
import { range } from "../reference/ranking.ts";

/** The value of one parameter, as the host passes it. */
export interface ParameterValue {
  readonly tag: "integer" | "real" | "flag" | "choice";
  readonly value: number | boolean;
}

/** How the budget binds. */
export interface BudgetBinding {
  readonly tag: "hard" | "at-least" | "prompt-only" | "unbound";
  readonly value?: number;
}

/** The part of a description that tests look at. */
export interface Description {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly observedPromptQueries: number;
  readonly observesSteps: boolean;
  readonly denseLayers: ArrayLike<number>;
  readonly budget: BudgetBinding;
  readonly rotation: string;
  readonly citation: Record<"title" | "venue" | "identifier" | "code", string>;
  readonly parameters: readonly { readonly name: string; readonly kind: ParameterKind }[];
}

/** Kind and range of a parameter. */
export type ParameterKind =
  | { readonly tag: "integer" | "real"; readonly value: { readonly defaultValue: number } }
  | { readonly tag: "flag"; readonly value: boolean }
  | {
    readonly tag: "choice";
    readonly value: { readonly defaultValue: number; readonly options: readonly string[] };
  };

/** Parameter values by name. */
export type Parameters = Readonly<Record<string, number | boolean | string>>;

/** What a plugin says about itself. */
export function describe(
  instance: ComponentInstance,
  values: readonly ParameterValue[] = [],
): Description {
  return unwrap(instance.call("describe", [values])) as Description;
}

/** Values of all parameters: the given ones and the defaults of the others. */
export function parameterValues(
  { parameters }: Description,
  given: Parameters,
): ParameterValue[] {
  const unknown = Object.keys(given).filter((name) =>
    !parameters.some((parameter) => parameter.name === name)
  );
  if (unknown.length > 0) throw new RangeError(`Expected known parameters but found ${unknown}`);
  return parameters.map(({ name, kind }) => {
    const value = given[name];
    if (kind.tag === "choice") {
      return {
        tag: kind.tag,
        value: value === undefined
          ? kind.value.defaultValue
          : kind.value.options.indexOf(String(value)),
      };
    }
    const fallback = kind.tag === "flag" ? kind.value : kind.value.defaultValue;
    return { tag: kind.tag, value: (value ?? fallback) as number | boolean };
  });
}

/** Opens a session, with the defaults of the parameters that are not given. */
export function openSession(
  instance: ComponentInstance,
  shape: Shape,
  given: Parameters = {},
  calibration: Calibration = new Uint8Array(),
): PluginSession {
  const parameters = parameterValues(describe(instance), given);
  const description = describe(instance, parameters);
  return new PluginSession(instance, shape, description, parameters, calibration);
}

/** A run of one layer. */
export class PluginSession {
  readonly #session: number;

  constructor(
    private readonly instance: ComponentInstance,
    private readonly shape: Shape,
    readonly description: Description,
    parameters: readonly ParameterValue[],
    calibration: Calibration,
  ) {
    this.#session = unwrap(instance.call("open", [{
      layer: 2,
      layers: 32,
      queryHeads: shape.queryHeads,
      kvHeads: shape.kvHeads,
      headDim: shape.headDim,
      elementBytes: shape.elementBytes,
      budget: shape.budget,
      maxTokens: 8192,
      seed: shape.seed,
      parameters,
      calibration,
      queryProjection: new Float32Array(),
      keyProjection: new Float32Array(),
    }])) as number;
  }

  prefill(block: KeyBlock): void {
    this.#call("prefill", this.#tokenBlock(block));
  }

  endPrefill(weights: Weights): Update {
    return toUpdate(this.#call("end-prefill", observation(weights)), this.shape.kvHeads);
  }

  append(block: KeyBlock): Update {
    return toUpdate(this.#call("append", this.#tokenBlock(block)), this.shape.kvHeads);
  }

  select(position: number, { queries, speculated }: StepQueries): Selection {
    const asked = new Set(this.description.inputs);
    return toSelection(this.#call("select", {
      position,
      queries: asked.has("queries") ? flat(queries) : new Float32Array(),
      speculatedQueries: asked.has("speculated-queries") ? flat(speculated) : new Float32Array(),
      previousHidden: new Float32Array(),
    }));
  }

  observe(weights: Weights): Update {
    return toUpdate(this.#call("observe", observation(weights)), this.shape.kvHeads);
  }

  #call(name: string, value: unknown): unknown {
    return unwrap(this.instance.call(name, [value], this.#session));
  }

  #tokenBlock(block: KeyBlock) {
    const keys = this.description.inputs.includes("keys") ? flat(block.flat()) : new Float32Array();
    return {
      count: block[0]?.length ?? 0,
      keys,
      values: new Float32Array(),
      unrotatedKeys: new Float32Array(),
    };
  }
}

function flat(vectors: readonly Vector[]): Float32Array {
  return new Float32Array(vectors.flatMap((vector) => Array.from(vector)));
}

function observation({ tokens, weights }: Weights) {
  const offsets = [0];
  for (const own of tokens) offsets.push((offsets.at(-1) ?? 0) + own.length);
  return {
    offsets: new Uint32Array(offsets),
    tokens: new Uint32Array(tokens.flat()),
    weights: new Float32Array(weights.flat()),
  };
}

interface RawSets {
  readonly per: TokenSets["per"];
  readonly offsets: Uint32Array;
  readonly tokens: Uint32Array;
}

interface RawSelection extends Omit<Selection, "visible" | "bias" | "meanValueWeights"> {
  readonly visible: { readonly tag: "everything" } | { readonly tag: "only"; value: RawSets };
  readonly bias: Float32Array;
  readonly meanValueWeights: Float32Array;
}

interface RawUpdate extends Omit<Update, "evicted" | "placement"> {
  readonly evicted: RawSets;
  readonly placement: { readonly firstToken: number; readonly slots: Uint32Array };
}

function toSets({ per, offsets, tokens }: RawSets): TokenSets {
  const ends = Array.from(offsets).slice(1);
  return { per, sets: ends.map((end, head) => Array.from(tokens.slice(offsets[head], end))) };
}

function toSelection(value: unknown): Selection {
  const raw = value as RawSelection;
  return {
    visible: raw.visible.tag === "everything" ? "everything" : toSets(raw.visible.value),
    bias: Array.from(raw.bias),
    meanValueWeights: Array.from(raw.meanValueWeights),
    accesses: raw.accesses,
  };
}

function toUpdate(value: unknown, kvHeads: number): Update {
  const raw = value as RawUpdate;
  return {
    evicted: raw.evicted.offsets.length === 0 ? null : toSets(raw.evicted),
    placement: raw.placement.slots.length === 0 ? null : {
      firstToken: raw.placement.firstToken,
      slots: range(0, kvHeads).map((head) => {
        const each = raw.placement.slots.length / kvHeads;
        return Array.from(raw.placement.slots.slice(head * each, (head + 1) * each));
      }),
    },
    clusterings: raw.clusterings,
    accesses: raw.accesses,
  };
}

import * as v from "valibot";
import { CheckpointError } from "./checkpoint_error.ts";
import { jsonObject } from "./read_json.ts";

/**
 * How the rotary embedding's frequencies are made, by the names of the `transformers` library.
 *
 * `theta` is the base of the frequencies, `originalPositions` the context the model was first
 * trained with, `factor` how often longer the context has become.
 */
export type RopeConfig =
  | { readonly type: "default"; readonly theta: number }
  /** Positions divided by `factor`; LongChat's condensed rotary embedding is the same thing. */
  | { readonly type: "linear"; readonly theta: number; readonly factor: number }
  /** A base that grows with the context once that is longer than `originalPositions`. */
  | {
    readonly type: "dynamic";
    readonly theta: number;
    readonly factor: number;
    readonly originalPositions: number;
  }
  /** Low frequencies divided by `factor`, high ones kept, those between interpolated. */
  | {
    readonly type: "llama3";
    readonly theta: number;
    readonly factor: number;
    readonly lowFrequencyFactor: number;
    readonly highFrequencyFactor: number;
    readonly originalPositions: number;
  }
  /**
   * Frequencies that make fewer than `slowTurns` turns within `originalPositions` divided by
   * `factor`, those that make more than `fastTurns` kept, those between interpolated; queries and
   * keys multiplied by `magnitude`. YaRN, arXiv 2309.00071.
   */
  | {
    readonly type: "yarn";
    readonly theta: number;
    readonly factor: number;
    readonly fastTurns: number;
    readonly slowTurns: number;
    /** Whether the range between begins and ends at whole pairs of elements. */
    readonly wholePairs: boolean;
    readonly magnitude: number;
    readonly originalPositions: number;
  };

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const ROPE_TYPES = ["default", "linear", "dynamic", "llama3", "yarn"] as const;

/** `rope_scaling` of config.json, or `rope_parameters` as newer files call it. */
const RopeScaling = jsonObject(v.looseObject({
  rope_type: v.optional(v.string()),
  type: v.optional(v.string()),
  rope_theta: v.optional(positive),
  factor: v.nullish(positive),
  low_freq_factor: v.optional(positive),
  high_freq_factor: v.optional(positive),
  original_max_position_embeddings: v.nullish(positive),
  beta_fast: v.nullish(positive),
  beta_slow: v.nullish(positive),
  attention_factor: v.nullish(positive),
  mscale: v.nullish(v.pipe(v.number(), v.finite())),
  mscale_all_dim: v.nullish(v.pipe(v.number(), v.finite())),
  truncate: v.nullish(v.boolean()),
}));

type Scaling = v.InferOutput<typeof RopeScaling>;

/** The fields of config.json that bear on the rotary embedding. */
export const RopeFields = {
  max_position_embeddings: v.pipe(v.number(), v.integer(), v.minValue(1)),
  rope_theta: v.optional(positive),
  rope_scaling: v.nullish(RopeScaling),
  rope_parameters: v.nullish(RopeScaling),
  rope_condense_ratio: v.nullish(positive),
  partial_rotary_factor: v.nullish(v.number()),
};

const Fields = v.object(RopeFields);

/** The rotary embedding and how many positions it is good for. */
export interface ResolvedRope {
  readonly rope: RopeConfig;
  readonly maximumPositions: number;
}

/**
 * Makes sense of the rotary fields of a config.json.
 *
 * The context of `linear` and `dynamic` scaling is `factor` times `max_position_embeddings`, as
 * FastChat and vLLM have it; `llama3` states its full context there. For `yarn` it is `factor` times
 * the original context or what is stated, whichever is longer: Qwen's files state the original one.
 *
 * @param file path of the config.json, for messages
 * @throws {CheckpointError} when the type is unknown or a parameter of it is missing or makes no
 * frequencies
 */
export function resolveRope(file: string, fields: v.InferOutput<typeof Fields>): ResolvedRope {
  const positions = fields.max_position_embeddings;
  const place = fields.rope_parameters ? "rope_parameters" : "rope_scaling";
  const scaling = fields.rope_parameters ?? fields.rope_scaling ?? {};
  const theta = scaling.rope_theta ?? fields.rope_theta ?? 10_000;
  const type = namedType(file, place, scaling);
  if ((fields.partial_rotary_factor ?? 1) !== 1) {
    const found = String(fields.partial_rotary_factor);
    throw new CheckpointError(file, "partial_rotary_factor", "1 (whole heads rotated)", found);
  }
  const need = (name: string): number => {
    const value = scaling[name];
    if (typeof value === "number") return value;
    throw new CheckpointError(file, `${place}.${name}`, `a number for ${type}`, "none");
  };
  switch (type) {
    case "default":
      return condensed(theta, positions, fields.rope_condense_ratio ?? 1);
    case "linear": {
      const factor = need("factor");
      return { rope: { type: "linear", theta, factor }, maximumPositions: factor * positions };
    }
    case "dynamic": {
      const factor = need("factor");
      const rope = { type: "dynamic", theta, factor, originalPositions: positions } as const;
      return { rope, maximumPositions: factor * positions };
    }
    case "llama3":
      return { rope: llama3(file, place, theta, need), maximumPositions: positions };
    case "yarn":
      // Which pair turns how often is told by the logarithm of theta.
      if (theta <= 1) {
        const field = scaling.rope_theta === undefined ? "rope_theta" : `${place}.rope_theta`;
        throw new CheckpointError(file, field, "over 1 for yarn", String(theta));
      }
      return yarn(theta, positions, scaling, need);
  }
}

function namedType(file: string, place: string, scaling: Scaling) {
  const name = scaling.rope_type ?? scaling.type ?? "default";
  const field = `${place}.${scaling.rope_type === undefined ? "type" : "rope_type"}`;
  const type = ROPE_TYPES.find((known) => known === name);
  if (type !== undefined) return type;
  throw new CheckpointError(file, field, `one of ${ROPE_TYPES.join(", ")}`, name);
}

/** FastChat's `rope_condense_ratio` divides positions and multiplies the context. */
function condensed(theta: number, positions: number, ratio: number): ResolvedRope {
  if (ratio === 1) return { rope: { type: "default", theta }, maximumPositions: positions };
  return { rope: { type: "linear", theta, factor: ratio }, maximumPositions: ratio * positions };
}

function llama3(
  file: string,
  place: string,
  theta: number,
  need: (name: string) => number,
): RopeConfig {
  const lowFrequencyFactor = need("low_freq_factor");
  const highFrequencyFactor = need("high_freq_factor");
  if (highFrequencyFactor <= lowFrequencyFactor) {
    const expected = `over ${lowFrequencyFactor}, the low_freq_factor`;
    const found = String(highFrequencyFactor);
    throw new CheckpointError(file, `${place}.high_freq_factor`, expected, found);
  }
  return {
    type: "llama3",
    theta,
    factor: need("factor"),
    lowFrequencyFactor,
    highFrequencyFactor,
    originalPositions: need("original_max_position_embeddings"),
  };
}

/** Defaults are the paper's, as `transformers` has them. */
function yarn(
  theta: number,
  positions: number,
  scaling: Scaling,
  need: (name: string) => number,
): ResolvedRope {
  const originalPositions = scaling.original_max_position_embeddings ?? positions;
  const stated = scaling.original_max_position_embeddings ? positions / originalPositions : 1;
  const factor = scaling.factor ?? (stated > 1 ? stated : need("factor"));
  return {
    rope: {
      type: "yarn",
      theta,
      factor,
      fastTurns: scaling.beta_fast ?? 32,
      slowTurns: scaling.beta_slow ?? 1,
      wholePairs: scaling.truncate ?? true,
      magnitude: scaling.attention_factor ?? yarnMagnitude(factor, scaling),
      originalPositions,
    },
    maximumPositions: Math.max(positions, Math.floor(factor * originalPositions)),
  };
}

/** Attention is made sharper by how much longer the context has become. */
function yarnMagnitude(factor: number, { mscale, mscale_all_dim }: Scaling): number {
  const magnitude = (scale: number) => factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  return mscale && mscale_all_dim ? magnitude(mscale) / magnitude(mscale_all_dim) : magnitude(1);
}

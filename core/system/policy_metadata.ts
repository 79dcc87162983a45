/**
 * What policies keep beside keys and values to decide what to read, as data.
 *
 * @module
 */
import { showValue } from "./show_value.ts";

/** Metadata of one head. */
export interface Metadata {
  /** Tokens that are described together: a page, a cluster, or 1. */
  readonly groupTokens: number;
  /**
   * Elements kept for a group, as a multiple of a key's. The bytes are those times the size of an
   * element.
   */
  readonly storedKeys: number;
  /** Of these, what is read at a step. */
  readonly readKeys: number;
  /** Scores of a group, among which a query's largest are chosen. */
  readonly scores: number;
  /**
   * `"sequential"`: vectors as long as a key, one after the other, all of them read. `"scattered"`:
   * element by element of the keys, the tokens' values of one element side by side, and only some
   * elements read.
   */
  readonly order: "sequential" | "scattered";
}

/** Values by the names the policy's own component gives its parameters. */
export type MetadataParameters = Readonly<Record<string, number>>;

/** A policy whose metadata is known. */
interface PolicyMetadata<Name extends string = string> {
  /** Parameters that the metadata follows from, with their defaults. */
  readonly parameters: Readonly<Record<Name, number>>;
  /** @param headDim elements of a key */
  readonly metadata: (
    parameters: Readonly<Record<NoInfer<Name>, number>>,
    headDim: number,
  ) => Metadata;
  readonly source: string;
}

const policy = <Name extends string>(entry: PolicyMetadata<Name>): PolicyMetadata<Name> => entry;

/** Tokens for which a recorded run's reads are given. */
const DECLARED_TOKENS = 16;

/** Policies whose metadata is known, and one that states its own. */
export const policies = {
  quest: policy({
    parameters: { "page-tokens": 16 },
    // The least and the largest of each element of the page's keys; the product of either counts.
    metadata: (parameters) => ({
      groupTokens: parameters["page-tokens"],
      storedKeys: 2,
      readKeys: 2,
      scores: 1,
      order: "sequential",
    }),
    source: "Quest, arXiv 2406.10774, section 3.3: pages of 16",
  }),
  starc: policy({
    parameters: { "cluster-tokens": 16 },
    metadata: (parameters) => ({
      groupTokens: parameters["cluster-tokens"],
      storedKeys: 1,
      readKeys: 1,
      scores: 1,
      order: "sequential",
    }),
    source: "STARC (ASPLOS'26), section 5: a centroid for 16 tokens on average, 4 in 64",
  }),
  sparq: policy({
    parameters: { rank: 32 },
    // The keys once more, element-major; `rank` of their elements are read.
    metadata: ({ rank }, headDim) => ({
      groupTokens: 1,
      storedKeys: 1,
      readKeys: Math.min(rank, headDim) / headDim,
      scores: 1,
      order: "scattered",
    }),
    source: "SparQ, arXiv 2312.04985, section 4: r of 32 keeps accuracy at head size 128",
  }),
  declared: policy({
    parameters: { "stored-keys": 0, "read-keys": 1, "element-major": 0 },
    metadata: (parameters) => {
      const elementMajor = parameters["element-major"] > 0;
      return {
        groupTokens: DECLARED_TOKENS,
        storedKeys: parameters["stored-keys"],
        readKeys: parameters["read-keys"],
        scores: elementMajor ? DECLARED_TOKENS : parameters["read-keys"],
        order: elementMajor ? "scattered" : "sequential",
      };
    },
    source: "a recorded run: keys' worth of elements for 16 tokens",
  }),
} as const;

/** Name of a policy. */
export type PolicyName = keyof typeof policies;

/**
 * A policy's parameters, the given ones and the defaults of the others.
 *
 * @throws {RangeError} when a parameter is not the policy's, or is no number above 0 (for
 * `declared`, from 0)
 *
 * @example
 * ```ts
 * import { metadataParameters } from "./policy_metadata.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(metadataParameters("sparq", { rank: 64 }), { rank: 64 });
 * deepEqual(metadataParameters("none", {}), {});
 * ```
 */
export function metadataParameters(
  name: PolicyName | "none",
  given: MetadataParameters,
): MetadataParameters {
  const defaults: MetadataParameters = name === "none" ? {} : policies[name].parameters;
  for (const [parameter, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, parameter)) {
      const known = Object.keys(defaults).join(", ") || "no parameters";
      throw new RangeError(
        `Expected --selection ${name} to be given ${known} but found ${showValue(parameter)}`,
      );
    }
    if (!(name === "declared" ? value >= 0 : value > 0) || !Number.isFinite(value)) {
      throw new RangeError(
        `Expected --selection ${name} to have a ${parameter} above 0 but found ${showValue(value)}`,
      );
    }
  }
  return { ...defaults, ...given };
}

/** What a policy keeps with these parameters; nothing if there is none. */
export function metadataOf(
  name: PolicyName | "none",
  parameters: MetadataParameters,
  headDim: number,
): Metadata | undefined {
  if (name === "none") return undefined;
  const entry: PolicyMetadata = policies[name];
  return entry.metadata(metadataParameters(name, parameters), headDim);
}

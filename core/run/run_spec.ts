/**
 * What a run is.
 *
 * A new kind of run is a unit in `kinds/` and one entry in {@linkcode kinds}.
 *
 * @module
 */
import * as v from "valibot";
import { canonicalJson } from "./canonical_json.ts";
import { checkCharacters, checkSpec } from "./check_spec.ts";
import { sha256 } from "./digest.ts";
import { dram, type DramSpec } from "./kinds/dram.ts";
import { evaluate } from "./kinds/evaluate.ts";
import type { EvaluateSpec } from "./kinds/evaluate_spec.ts";
import { NO_SOURCES, type Output, type Resolved, type Sources, type Work } from "./kinds/kind.ts";
import { simulate, type SimulateSpec } from "./kinds/simulate.ts";

/** Every kind of run. */
export const kinds = { simulate, dram, evaluate } as const;

/** Name of a kind of run. */
export type KindName = keyof typeof kinds;

/** A run as a caller writes it. */
export const runSpecSchema = v.variant("kind", [
  simulate.schema,
  dram.schema,
  evaluate.schema,
]);

/** A run as a caller may write it. */
export type RunInput = v.InferInput<typeof runSpecSchema>;

/** A run with every default filled in. */
export type RunSpec = SimulateSpec | DramSpec | EvaluateSpec;

/**
 * Checks a run and fills in what was left out.
 *
 * @param sources what the spec may refer to
 * @throws {SpecError} naming the first part that is wrong
 *
 * @example
 * ```ts
 * import { resolveRunSpec } from "./run_spec.ts";
 * import { equal } from "node:assert/strict";
 *
 * const { spec } = await resolveRunSpec({
 *   kind: "simulate",
 *   experiment: { model: "Mistral-7B" },
 * });
 * equal(spec.kind === "simulate" && spec.experiment.lin, 2048);
 * ```
 */
export async function resolveRunSpec(
  input: unknown,
  sources: Sources = NO_SOURCES,
): Promise<Resolved<RunSpec>> {
  const resolved = await resolve(checkSpec(runSpecSchema, input), sources);
  checkCharacters(resolved.spec);
  return resolved;
}

async function resolve(
  checked: v.InferOutput<typeof runSpecSchema>,
  sources: Sources,
): Promise<Resolved<RunSpec>> {
  switch (checked.kind) {
    case "simulate":
      return await simulate.resolve(checked, sources);
    case "dram":
      return await dram.resolve(checked, sources);
    case "evaluate":
      return await evaluate.resolve(checked, sources);
  }
}

/** Does the work of a run. */
export function executeRun(given: RunSpec, work: Work): Promise<readonly Output[]> {
  // In the one order of its keys: outputs repeat parts of it.
  const spec: RunSpec = JSON.parse(canonicalJson(given));
  switch (spec.kind) {
    case "simulate":
      return simulate.execute(spec, work);
    case "dram":
      return dram.execute(spec, work);
    case "evaluate":
      return evaluate.execute(spec, work);
  }
}

/** Digests of what makes a run's bytes besides its spec, by what it is for. */
export interface Digests {
  /** Sources of the program. */
  readonly engine: string;
  /** The memory model's component and tables. */
  readonly memory: string;
  /** How the machine computes, where a language model is decoded. */
  readonly arithmetic?: string;
}

/**
 * The name of a run: SHA-256 of what determines its outputs. Inputs are in the spec, by digest.
 *
 * @example
 * ```ts
 * import { resolveRunSpec, runId } from "./run_spec.ts";
 * import { equal } from "node:assert/strict";
 *
 * const digests = { engine: "e", memory: "m" };
 * const { spec } = await resolveRunSpec({ kind: "simulate" });
 * const same = await resolveRunSpec({ kind: "simulate", experiment: { lin: 2048 } });
 * equal(runId(spec, digests), runId(same.spec, digests));
 * ```
 */
export function runId(spec: RunSpec | Readonly<Record<string, unknown>>, digests: Digests): string {
  return sha256(canonicalJson({ spec, digests }));
}

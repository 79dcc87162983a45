/**
 * What someone else needs to do a run again and to know that it came out the same.
 *
 * @module
 */
import * as v from "valibot";
import { changedSwitches } from "../system/switches.ts";
import { checkSpec } from "./check_spec.ts";
import { contentOf, contentText, contentTextSchema } from "./content_text.ts";
import { sha256 } from "./digest.ts";
import { inputsOf } from "./execution.ts";
import { RUN_LIMITS } from "./kinds/evaluate_schema.ts";
import type { Inputs } from "./kinds/kind.ts";
import { isUploaded } from "./kinds/memories.ts";
import { SpecError } from "./spec_error.ts";
import type { RunRecord } from "./run_record.ts";
import type { RunStore } from "./run_store.ts";

const FORMAT = "kvpim-provenance-1";

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const wholeBytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const schema = v.object({
  format: v.literal(FORMAT),
  id: hex,
  spec: v.record(v.string(), v.unknown()),
  inputs: v.record(v.string(), contentTextSchema),
  digests: v.object({ engine: hex, memory: hex, arithmetic: v.exactOptional(hex) }),
  outputs: v.record(v.string(), v.object({ sha256: hex, bytes: wholeBytes })),
});

/** The part of a provenance that a replay needs. */
export type Provenance = v.InferOutput<typeof schema>;

/**
 * The provenance of a finished run: its spec, the content it refers to, digests of what made it and
 * of what it made; then facts that do not determine its bytes.
 *
 * @throws {StoreError} when the store lost what it refers to
 */
export function provenanceOf(run: RunRecord, store: RunStore) {
  const inputs = [...inputsOf(run.spec, store)]
    .map(([reference, content]) => [reference, contentText(content)]);
  const outputs = run.outputs.map(({ name, digest, bytes }) => [name, { sha256: digest, bytes }]);
  return {
    format: FORMAT,
    id: run.id,
    spec: run.spec,
    inputs: Object.fromEntries(inputs),
    digests: run.digests,
    outputs: Object.fromEntries(outputs),
    ...switchesOf(run),
    ...policyOf(run, store),
    ...isUploaded(run.spec.memory) && { memoryLimits: RUN_LIMITS },
    host: run.host,
    attempts: run.attempts,
    createdAt: timeOf(run.createdAt),
    startedAt: timeOf(run.startedAt),
    finishedAt: timeOf(run.finishedAt),
  };
}

function switchesOf({ spec }: RunRecord) {
  const system = systemOf(spec);
  if (!system) return {};
  const { profile, switches } = system;
  const changed = changedSwitches(profile, switches).map((name) => [name, switches[name]]);
  return { profile, changedSwitches: Object.fromEntries(changed) };
}

function systemOf(spec: RunRecord["spec"]) {
  if (spec.kind === "simulate") return spec.experiment;
  return spec.kind === "evaluate" ? spec.system : null;
}

/** What a run drew from, and what its policy might use and used. */
function policyOf(run: RunRecord, store: RunStore) {
  const { spec } = run;
  if (spec.kind === "simulate") return { seed: spec.experiment.seed };
  if (spec.kind !== "evaluate") return {};
  const content = store.output(run, "output.json");
  const { usage = null } = JSON.parse(new TextDecoder().decode(content));
  return { seed: spec.seed, limits: spec.limits, usage };
}

function timeOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/**
 * Reads a provenance and the content it holds.
 *
 * @throws {SpecError} when it is none, or content is not what its digest says
 */
export function readProvenance(value: unknown): { provenance: Provenance; inputs: Inputs } {
  const provenance = checkSpec(schema, value);
  const inputs = Object.entries(provenance.inputs).map(([reference, text]) => {
    const content = contentOf(text);
    const found = `sha256:${sha256(content)}`;
    if (found === reference) return [reference, content] as const;
    throw new SpecError("/inputs", `Expected the content of ${reference} but found ${found}`);
  });
  return { provenance, inputs: new Map(inputs) };
}

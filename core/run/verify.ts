/**
 * Doing a run again and comparing bytes.
 *
 * @module
 */
import { sha256 } from "./digest.ts";
import { inputsOf } from "./execution.ts";
import type { Inputs } from "./kinds/kind.ts";
import type { Provenance } from "./provenance.ts";
import { type Digests, resolveRunSpec, runId, type RunSpec } from "./run_spec.ts";
import type { RunRecord } from "./run_record.ts";
import type { RunService } from "./run_service.ts";
import { SpecError } from "./spec_error.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** What is known of an output's bytes. */
interface OutputFacts {
  readonly sha256: string;
  readonly bytes: number;
}

/** One output, then and now. */
interface OutputComparison {
  readonly name: string;
  /** Its bytes then, and now; `undefined` where there is no such output. */
  readonly recorded: OutputFacts | undefined;
  readonly found: OutputFacts | undefined;
  readonly isSame: boolean;
}

/** What doing a run again showed. */
export interface Verification {
  readonly id: string;
  /** Whether every output came out the same. */
  readonly isSame: boolean;
  readonly outputs: readonly OutputComparison[];
  /** What else made the run then than would now. */
  readonly changed: readonly (keyof Digests)[];
  /** Outputs whose stored bytes are gone or damaged, which `isSame` does not speak of. */
  readonly lost: readonly string[];
}

/**
 * Does a finished run again, with no result taken from anywhere, and compares its outputs.
 *
 * @throws {StoreError} when the store lost its inputs
 */
export async function verifyRun(run: RunRecord, service: RunService): Promise<Verification> {
  const { store } = service;
  const recorded = new Map(
    run.outputs.map(({ name, digest, bytes }) => [name, { sha256: digest, bytes }]),
  );
  const lost = run.outputs.filter(({ digest }) => !store.blobs.isWhole(digest));
  const verification = await verify(run, inputsOf(run.spec, store), recorded, service);
  return { ...verification, lost: lost.map(({ name }) => name) };
}

/**
 * Does the run of a provenance and compares its outputs with what that recorded.
 *
 * @throws {SpecError} when the provenance describes no run, or names it by another's id
 */
export async function replay(
  { id, spec, digests, outputs }: Provenance,
  inputs: Inputs,
  service: RunService,
): Promise<Verification> {
  const content = (reference: string) => inputs.get(reference);
  const resolved = await resolveRunSpec(spec, { ...service.sources, content });
  // By the spec as it is written: defaults may have changed since.
  checkId(id, runId(spec, digests));
  const recorded = new Map(Object.entries(outputs));
  return await verify({ id, spec: resolved.spec, digests }, resolved.inputs, recorded, service);
}

function checkId(id: string, expected: string) {
  if (id === expected) return;
  throw new SpecError("/id", `Expected ${expected}, the name of this run, but found ${id}`);
}

async function verify(
  { id, spec, digests }: { readonly id: string; readonly spec: RunSpec; readonly digests: Digests },
  inputs: Inputs,
  recorded: ReadonlyMap<string, OutputFacts>,
  service: RunService,
): Promise<Verification> {
  using worker = new WorkerHandle({ models: service.models.folder });
  const made = await worker.run({ id, spec, inputs }, () => {});
  const found = new Map(made.map(({ name, content }) => [name, factsOf(content)]));
  const names = [...new Set([...recorded.keys(), ...found.keys()])].sort();
  const outputs = names.map((name) => comparisonOf(name, recorded.get(name), found.get(name)));
  const now = await service.digestsOf(spec);
  const changed = (Object.keys(now) as (keyof Digests)[])
    .filter((role) => now[role] !== digests[role]);
  return { id, isSame: outputs.every(({ isSame }) => isSame), outputs, changed, lost: [] };
}

function factsOf(content: Uint8Array): OutputFacts {
  return { sha256: sha256(content), bytes: content.length };
}

function comparisonOf(
  name: string,
  recorded: OutputFacts | undefined,
  found: OutputFacts | undefined,
): OutputComparison {
  const isSame = recorded?.sha256 === found?.sha256 && recorded?.bytes === found?.bytes;
  return { name, recorded, found, isSame };
}

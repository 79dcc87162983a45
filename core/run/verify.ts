/**
 * Doing a run again and comparing bytes.
 *
 * @module
 */
import { sha256 } from "./digest.ts";
import { inputsOf } from "./execution.ts";
import type { Inputs } from "./kinds/kind.ts";
import type { Provenance } from "./provenance.ts";
import { type Digests, resolveRunSpec, type RunSpec } from "./run_spec.ts";
import type { RunRecord } from "./run_record.ts";
import type { RunService } from "./run_service.ts";
import { WorkerHandle } from "./worker_handle.ts";

/** One output, then and now. */
interface OutputComparison {
  readonly name: string;
  /** SHA-256 of its bytes then, and now; `undefined` where there is no such output. */
  readonly recorded: string | undefined;
  readonly found: string | undefined;
}

/** What doing a run again showed. */
export interface Verification {
  readonly id: string;
  /** Whether every output came out the same. */
  readonly isSame: boolean;
  readonly outputs: readonly OutputComparison[];
  /** What else made the run then than would now. */
  readonly changed: readonly (keyof Digests)[];
}

/** Does a finished run again, with no result taken from anywhere, and compares its outputs. */
export function verifyRun(run: RunRecord, service: RunService): Promise<Verification> {
  const recorded = new Map(run.outputs.map(({ name, digest }) => [name, digest]));
  return verify(run, inputsOf(run.spec, service.store), recorded, service);
}

/**
 * Does the run of a provenance and compares its outputs with what that recorded.
 *
 * @throws {SpecError} when the provenance describes no run
 */
export async function replay(
  { id, spec, digests, outputs }: Provenance,
  inputs: Inputs,
  service: RunService,
): Promise<Verification> {
  const content = (reference: string) => inputs.get(reference);
  const resolved = await resolveRunSpec(spec, { ...service.sources, content });
  const recorded = new Map(Object.entries(outputs).map(([name, { sha256 }]) => [name, sha256]));
  return await verify({ id, spec: resolved.spec, digests }, resolved.inputs, recorded, service);
}

async function verify(
  { id, spec, digests }: { readonly id: string; readonly spec: RunSpec; readonly digests: Digests },
  inputs: Inputs,
  recorded: ReadonlyMap<string, string>,
  service: RunService,
): Promise<Verification> {
  using worker = new WorkerHandle({ models: service.models.folder });
  const made = await worker.run({ id, spec, inputs }, () => {});
  const found = new Map(made.map(({ name, content }) => [name, sha256(content)]));
  const names = [...new Set([...recorded.keys(), ...found.keys()])].sort();
  const outputs = names.map((name) => ({
    name,
    recorded: recorded.get(name),
    found: found.get(name),
  }));
  const now = await service.digestsOf(spec);
  const changed = (Object.keys(now) as (keyof Digests)[])
    .filter((role) => now[role] !== digests[role]);
  return { id, isSame: outputs.every((o) => o.recorded === o.found), outputs, changed };
}

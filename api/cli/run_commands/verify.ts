import { readProvenance } from "../../../core/run/provenance.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { SpecError } from "../../../core/run/spec_error.ts";
import { replay, type Verification, verifyRun } from "../../../core/run/verify.ts";
import { DisagreementError } from "../disagreement_error.ts";
import type { Surroundings } from "../surroundings.ts";
import { lowerFirst, UserError } from "../user_error.ts";
import { findDoneRun } from "./find_run.ts";
import { readJson } from "./read_json.ts";

/**
 * Does a run again and compares.
 *
 * @throws {DisagreementError} when a byte differs
 */
export async function verify(service: RunService, beginning: string, surroundings: Surroundings) {
  report(await verifyRun(findDoneRun(service, beginning), service), surroundings);
}

/**
 * Does the run of a provenance and compares.
 *
 * @throws {DisagreementError} when a byte differs
 */
export async function replayFile(service: RunService, file: string, surroundings: Surroundings) {
  const value = await readJson(file, surroundings);
  try {
    const { provenance, inputs } = readProvenance(value);
    report(await replay(provenance, inputs, service), surroundings);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new UserError(`${file}: ${lowerFirst(error.message)}`);
  }
}

function report({ id, isSame, outputs, changed }: Verification, { out, err }: Surroundings) {
  for (const { name, recorded, found } of outputs) {
    const verdict = recorded === found ? "same" : `recorded ${recorded}, found ${found}`;
    out(`${name}: ${verdict}\n`);
  }
  for (const role of changed) err(`note: the ${role} is not the one that made the run\n`);
  if (!isSame) throw new DisagreementError(`${id.slice(0, 12)} came out differently`);
  out(`${id} came out the same, byte for byte\n`);
}

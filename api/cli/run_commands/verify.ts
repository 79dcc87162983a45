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

function report(verification: Verification, { out, err }: Surroundings) {
  const { id, isSame, outputs, changed, lost } = verification;
  for (const { name, recorded, found, isSame } of outputs) {
    const stored = lost.includes(name) ? "; its content in the store is gone or damaged" : "";
    const verdict = isSame ? "same" : `recorded ${wordsOf(recorded)}, found ${wordsOf(found)}`;
    out(`${name}: ${verdict}${stored}\n`);
  }
  for (const role of changed) err(`note: the ${role} is not the one that made the run\n`);
  if (!isSame) throw new DisagreementError(`${id.slice(0, 12)} came out differently`);
  if (lost.length > 0) {
    throw new DisagreementError(
      `${id.slice(0, 12)} came out as recorded, but the store lost ${lost.join(", ")}: ` +
        "submitting the run again mends it",
    );
  }
  out(`${id} came out the same, byte for byte\n`);
}

function wordsOf(output: Verification["outputs"][number]["found"]): string {
  return output === undefined ? "none" : `${output.sha256} (${output.bytes} bytes)`;
}

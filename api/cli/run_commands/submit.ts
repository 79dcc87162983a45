import type { RunRecord } from "../../../core/run/run_record.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { SpecError } from "../../../core/run/spec_error.ts";
import { onInterrupt } from "../interrupt.ts";
import { isMistake } from "../mistake.ts";
import type { Surroundings } from "../surroundings.ts";
import { lowerFirst, UserError } from "../user_error.ts";
import { readJson } from "./read_json.ts";
import { show } from "./show.ts";

/**
 * Does the run of a file and says what it is called.
 *
 * @param faults what the service was told went wrong, besides what its runs say
 * @throws {UserError} when it cannot be done
 * @throws {StoreError} when what it made cannot be kept
 */
export async function submit(
  service: RunService,
  file: string,
  { json }: { readonly json?: true },
  surroundings: Surroundings,
  faults: readonly unknown[],
) {
  const input = await readJson(file, surroundings);
  const { run, isStored } = await asked(file, input, service);
  const done = await interruptibly(service, run.id);
  if (done.state !== "done") {
    const mistake = faults.find(isMistake);
    if (mistake !== undefined) throw mistake;
    throw new UserError(
      `${file}: expected a run that can be done but it ${done.state}: ${
        lowerFirst(done.error ?? "")
      }`,
    );
  }
  if (json) return show(service, done.id, surroundings);
  surroundings.out(summaryOf(done, isStored));
}

/** An interrupted run waits in the queue as if it had not been begun. */
async function interruptibly(service: RunService, id: string): Promise<RunRecord> {
  using _interrupt = onInterrupt(() => service.giveBack());
  return await service.runNow(id);
}

async function asked(file: string, input: unknown, service: RunService) {
  try {
    return await service.submit(input);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    throw new UserError(`${file}: ${lowerFirst(error.message)}`);
  }
}

function summaryOf({ id, outputs }: RunRecord, isStored: boolean): string {
  const files = outputs.map(({ name, bytes }) => `  ${name} (${bytes} bytes)`);
  return [`${id} ${isStored ? "was done before" : "is done"}`, ...files, ""].join("\n");
}

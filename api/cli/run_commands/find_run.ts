import type { RunRecord } from "../../../core/run/run_record.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { unexpected, UserError } from "../user_error.ts";

/**
 * The run whose id begins in a way.
 *
 * @throws {UserError} when there is none, or more than one
 */
export function findRun({ store }: RunService, beginning: string): RunRecord {
  if (!/^[0-9a-f]{1,64}$/.test(beginning)) throw unexpected("the id of a run", beginning);
  const ids = store.idsLike(beginning);
  if (ids.length > 1) throw unexpected("more of a run's id: there are several", beginning);
  if (ids.length === 0) throw unexpected("the id of a run in this store", beginning);
  return store.get(ids[0]!)!;
}

/**
 * A run that is done.
 *
 * @throws {UserError} when there is none, or it is in another state
 */
export function findDoneRun(service: RunService, beginning: string): RunRecord {
  const run = findRun(service, beginning);
  if (run.state === "done") return run;
  throw new UserError(`expected a run that is done but ${run.id.slice(0, 12)} is ${run.state}`);
}

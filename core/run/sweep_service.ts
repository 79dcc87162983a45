/**
 * Sweeps from the asking to the table.
 *
 * @module
 */
import type { Json } from "./canonical_json.ts";
import { isTerminal, type RunRecord } from "./run_record.ts";
import type { RunService } from "./run_service.ts";
import { runId } from "./run_spec.ts";
import { sweepId, sweepPoints } from "./sweep.ts";
import type { SweepRecord } from "./sweep_store.ts";
import { type Objective, type SweepTable, sweepTable } from "./sweep_table.ts";

/**
 * Asks for all runs of a sweep, or for none.
 *
 * @throws {SpecError} naming what is wrong with the sweep or the first run that is, or when more of
 * its runs are to be done than may ever wait
 * @throws {QueueFullError} when so many runs may not wait now
 */
export async function submitSweep(service: RunService, input: unknown): Promise<SweepRecord> {
  const resolved = await Promise.all(
    (await sweepPoints(input, service.sources)).map(async (point) => ({
      ...point,
      digests: await service.digestsOf(point.spec),
    })),
  );
  service.checkRoomFor(new Set(resolved.map(({ spec, digests }) => runId(spec, digests))));
  const points = resolved.map(({ point, spec, inputs, digests }) => ({
    point,
    run: service.submitResolved(spec, inputs, digests).run.id,
  }));
  const id = sweepId(points);
  service.store.sweeps.put(id, input as Json, points);
  return service.store.sweeps.get(id)!;
}

/** The table of a sweep as it is now. */
export function tableOfSweep(
  { store }: RunService,
  id: string,
  objectives?: readonly Objective[],
): SweepTable {
  const figuresOf = (run: RunRecord) =>
    JSON.parse(new TextDecoder().decode(store.output(run, "output.json"))).row;
  return sweepTable(store.sweeps.points(id), figuresOf, objectives);
}

/** Cancels the runs of a sweep that are not over; says how many. */
export function cancelSweep(service: RunService, id: string): number {
  const going = service.store.sweeps.points(id).filter(({ run }) => !isTerminal(run.state));
  return going.filter(({ run }) => service.cancel(run.id)).length;
}

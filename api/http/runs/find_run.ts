import { LRUCache } from "lru-cache";
import { ProblemError } from "../problem.ts";
import type { OutputRecord, RunRecord } from "../../../core/run/run_record.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { representation } from "./representation.ts";

/**
 * A run by its id.
 *
 * @throws {ProblemError} when there is none
 */
export function findRun(service: RunService, id: string): RunRecord {
  const run = service.store.get(id);
  if (run) return run;
  throw new ProblemError("not-found", "Expected the id of a run but found another");
}

/**
 * A run that is done.
 *
 * @throws {ProblemError} when there is none, or it is in another state
 */
export function findDoneRun(service: RunService, id: string): RunRecord {
  const run = findRun(service, id);
  if (run.state === "done") return run;
  const isGoing = run.state === "queued" || run.state === "running";
  throw new ProblemError("conflict", `Expected a run that is done but it is ${run.state}`, {
    expected: "done",
    received: run.state,
  }, isGoing ? { "retry-after": "1" } : {});
}

/** Representations of finished runs by what they were made of: they never change. */
const finished = new LRUCache<string, string>({
  maxSize: 16 * 2 ** 20,
  sizeCalculation: ({ length }) => length,
});

/** The representation of a finished run with its result, as JSON. */
export function doneRun(service: RunService, run: RunRecord): string {
  const key = `${run.id} ${run.finishedAt}`;
  const known = finished.get(key);
  if (known) return known;
  const text = new TextDecoder().decode(outputBytes(service, run, "output.json"));
  const made = `${JSON.stringify({ ...representation(run), result: JSON.parse(text) })}\n`;
  finished.set(key, made);
  return made;
}

/**
 * A file of a finished run.
 *
 * @throws {ProblemError} when it made nothing of that name
 */
export function findOutput({ outputs }: RunRecord, name: string): OutputRecord {
  const output = outputs.find((output) => output.name === name);
  if (output) return output;
  throw new ProblemError("not-found", "Expected an output of this run");
}

/**
 * What a finished run made.
 *
 * @throws {ProblemError} when it made nothing of that name
 * @throws {StoreError} when the store lost it
 */
export function outputBytes(
  { store }: RunService,
  run: RunRecord,
  name: string,
): Uint8Array<ArrayBuffer> {
  findOutput(run, name);
  return store.output(run, name);
}

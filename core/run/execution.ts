/**
 * One run from its claim to its end.
 *
 * @module
 */
import { type Executor, RunAbortedError, RunRefusedError } from "./executor.ts";
import type { Inputs, Output } from "./kinds/kind.ts";
import type { OutputRecord, RunRecord } from "./run_record.ts";
import type { RunSpec } from "./run_spec.ts";
import type { RunStore } from "./run_store.ts";

/** What a failed run says where the reason is none of the caller's business. */
export const INTERNAL_ERROR = "A fault of the program ended the run; its log says more";

/** What executing needs. */
export interface ExecutionContext {
  readonly store: RunStore;
  readonly owner: string;
  /** Called when something about the run changed. */
  readonly onChange: (id: string) => void;
  /** Called with faults of the program. */
  readonly onFault: (fault: unknown) => void;
}

/** Does a claimed run and records its end. */
export async function execute(run: RunRecord, executor: Executor, context: ExecutionContext) {
  const { store, owner, onChange, onFault } = context;
  try {
    const inputs = inputsOf(run.spec, store);
    const request = { id: run.id, spec: run.spec, inputs };
    const outputs = await executor.run(request, (done, total) => {
      store.queue.progress(run.id, owner, done, total);
      onChange(run.id);
    });
    store.queue.finish(run.id, owner, keep(outputs, store));
  } catch (error) {
    if (error instanceof RunAbortedError) return;
    if (error instanceof RunRefusedError) {
      store.queue.fail(run.id, owner, error.message);
    } else {
      onFault(error);
      store.queue.fail(run.id, owner, INTERNAL_ERROR);
    }
  } finally {
    onChange(run.id);
  }
}

/**
 * Content that a spec refers to, from a store.
 *
 * @throws {StoreError} when it is lost or damaged
 */
export function inputsOf(spec: RunSpec, store: RunStore): Inputs {
  return new Map(
    referencesOf(spec).map((reference) => [
      reference,
      store.blobs.need(reference.slice("sha256:".length), `the content of ${reference}`),
    ]),
  );
}

/** References to content in a spec. */
function referencesOf(spec: unknown): string[] {
  if (typeof spec === "string") return /^sha256:[0-9a-f]{64}$/.test(spec) ? [spec] : [];
  if (typeof spec !== "object" || spec === null) return [];
  return Object.values(spec).flatMap(referencesOf);
}

function keep(outputs: readonly Output[], store: RunStore): OutputRecord[] {
  return outputs.map(({ name, content }) => ({
    name,
    digest: store.blobs.put(content),
    bytes: content.length,
  }));
}

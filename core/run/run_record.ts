/**
 * What a store knows about a run.
 *
 * @module
 */
import type { HostFacts } from "./host_facts.ts";
import type { Digests, RunSpec } from "./run_spec.ts";

/** Where a run is on its way. */
export type RunState = "queued" | "running" | "done" | "failed" | "cancelled";

/** States that a run does not leave by itself. */
const TERMINAL_STATES = ["done", "failed", "cancelled"] as const;

/** Whether a run is over. */
export function isTerminal(state: RunState): state is typeof TERMINAL_STATES[number] {
  return (TERMINAL_STATES as readonly RunState[]).includes(state);
}

/** A file that a run made. */
export interface OutputRecord {
  readonly name: string;
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly bytes: number;
}

/** A run. Times are milliseconds since 1970. */
export interface RunRecord {
  readonly id: string;
  readonly spec: RunSpec;
  readonly digests: Digests;
  readonly state: RunState;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** How often a process began it. */
  readonly attempts: number;
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** Why it failed. */
  readonly error: string | null;
  /** Where it was begun last. */
  readonly host: HostFacts | null;
  /** By name; empty until it is done. */
  readonly outputs: readonly OutputRecord[];
}

/** Something that happened to a run. */
export interface RunEvent {
  /** Grows over all runs of a store. */
  readonly sequence: number;
  readonly type: RunState | "progress";
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

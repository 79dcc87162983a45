/**
 * What the page asks the service for.
 *
 * @module
 */
import type { Comparison } from "../../../../core/run/compare.ts";
import type { SweepTable } from "../../../../core/run/sweep_table.ts";
import type { SimulateSpec } from "../../../../core/run/kinds/simulate.ts";
import type { DramSpec } from "../../../../core/run/kinds/dram.ts";
import type { RunState } from "../../../../core/run/run_record.ts";
import type { SystemRow } from "../../../../core/system/columns.ts";

/** A run as the service shows it. */
export interface Run {
  readonly id: string;
  readonly state: RunState;
  readonly spec: SimulateSpec | DramSpec;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly error: string | null;
  readonly outputs: readonly { readonly name: string; readonly href: string }[];
  readonly result?: { readonly row: SystemRow; readonly notes?: readonly string[] };
}

/** A sweep as the service shows it. */
export interface Sweep {
  readonly id: string;
  readonly createdAt: string;
  readonly runs: Readonly<Record<RunState, number>>;
  readonly isOver: boolean;
  readonly spec: {
    readonly base: { readonly experiment?: Readonly<Record<string, unknown>> };
    readonly grid?: Readonly<Record<string, readonly unknown[]>>;
  };
}

/** A field of a schema. */
export interface FieldSchema {
  readonly title?: string;
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly enum?: readonly (string | number)[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** An answer that is a problem. */
export class Problem extends Error {
  readonly pointer: string;

  constructor(detail: string, pointer = "") {
    super(detail);
    this.pointer = pointer;
  }
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Problem("The service does not answer. Is it still running?");
  }
  const body = await response.json();
  if (!response.ok) throw new Problem(body.detail, body.pointer);
  return body;
}

function send<T>(path: string, body: unknown): Promise<T> {
  return ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const remove = { method: "DELETE" };

/** The service. */
export const api = {
  run: (id: string) => ask<Run>(`/v1/runs/${id}`),
  runs: (query: string) => ask<{ runs: Run[]; next: string | null }>(`/v1/runs${query}`),
  submitRun: (spec: unknown) => send<Run>("/v1/runs", spec),
  cancelRun: (id: string) => ask<Run>(`/v1/runs/${id}`, remove),
  sweep: (id: string) => ask<Sweep>(`/v1/sweeps/${id}`),
  sweeps: () => ask<{ sweeps: Sweep[] }>("/v1/sweeps"),
  sweepTable: (id: string) => ask<SweepTable>(`/v1/sweeps/${id}/output.json`),
  submitSweep: (spec: unknown) => send<Sweep>("/v1/sweeps", spec),
  cancelSweep: (id: string) => ask<Sweep>(`/v1/sweeps/${id}`, remove),
  compare: (ids: readonly string[]) => ask<Comparison>(`/v1/compare?runs=${ids.join(",")}`),
  kinds: () => ask<{ items: { name: string; schema: RunSchema }[] }>("/v1/kinds"),
  steps: async (id: string) => await (await fetch(`/v1/runs/${id}/steps.csv`)).text(),
};

/** JSON schema of a run. */
export interface RunSchema {
  readonly properties: {
    readonly experiment: { readonly properties: Readonly<Record<string, FieldSchema>> };
  };
}

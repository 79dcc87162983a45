/**
 * What the page asks the service for.
 *
 * @module
 */
import type { Comparison } from "../../../../core/run/compare.ts";
import type { SweepTable } from "../../../../core/run/sweep_table.ts";
import type { SimulateSpec } from "../../../../core/run/kinds/simulate.ts";
import type { EvaluateSpec } from "../../../../core/run/kinds/evaluate_spec.ts";
import type { DramSpec } from "../../../../core/run/kinds/dram.ts";
import type { RunState } from "../../../../core/run/run_record.ts";
import type { SystemRow } from "../../../../core/system/columns.ts";

/** A run as the service shows it. */
export interface Run {
  readonly id: string;
  readonly state: RunState;
  readonly spec: SimulateSpec | DramSpec | EvaluateSpec;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly error: string | null;
  readonly outputs: readonly { readonly name: string; readonly href: string }[];
  readonly result?: { readonly row: SystemRow; readonly notes?: readonly string[] };
}

/** How far a sweep is. */
interface SweepProgress {
  readonly id: string;
  readonly createdAt: string;
  readonly runs: Readonly<Record<RunState, number>>;
  readonly isOver: boolean;
}

/** A sweep as a list shows it. */
export interface ListedSweep extends SweepProgress {
  readonly kind: string | null;
  readonly model: string | null;
}

/** A sweep as the service shows it. */
export interface Sweep extends SweepProgress {
  readonly spec: {
    readonly base: {
      readonly kind?: string;
      readonly memory?: string;
      readonly model?: { readonly name?: string };
      readonly experiment?: Readonly<Record<string, unknown>>;
    };
    readonly grid?: Readonly<Record<string, readonly unknown[]>>;
  };
}

/** The figures of an evaluation; of the system, too, where one was simulated. */
export interface EvaluatedRow extends SystemRow {
  readonly policy: string;
  readonly perplexity: number;
  readonly nll: number;
  readonly predicted_tokens: number;
  readonly recall: number | null;
  readonly kept_tokens: number;
  readonly sequential_rows16: number;
  readonly placed_rows16: number;
}

/** The result of an evaluation. */
export interface EvaluatedResult {
  readonly row: EvaluatedRow;
  readonly usage: {
    readonly fuel: number;
    readonly mostFuelPerCall: number;
    readonly mostMemoryBytes: number;
  };
  readonly notes: readonly string[];
}

/** A plugin in a list. */
export interface PluginItem {
  readonly name: string;
  readonly origin: "built-in" | "uploaded";
  readonly kind: string;
  readonly digest: string | null;
  readonly summary: string | null;
}

/** What is known of a plugin. */
export interface PluginFacts {
  readonly digest: string;
  readonly reference: string;
  readonly kind: string;
  readonly world: string;
  readonly bytes: number;
  readonly imports: readonly string[];
  readonly description: {
    readonly name: string;
    readonly version?: string;
    readonly summary?: string;
    readonly citation?: { readonly title: string; readonly venue: string };
    readonly parameters?: readonly { readonly name: string }[];
  };
  readonly limits: Readonly<Record<string, number>>;
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
  if (response.status === 204) return undefined as T;
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

/** All plugins, of which a form offers each. */
async function allPlugins(): Promise<{ readonly items: readonly PluginItem[] }> {
  const items: PluginItem[] = [];
  let next: string | null = "/v1/plugins?limit=500";
  while (next !== null) {
    const page: { items: PluginItem[]; next: string | null } = await ask(next);
    items.push(...page.items);
    next = page.next;
  }
  return { items };
}

/** The service. */
export const api = {
  run: (id: string) => ask<Run>(`/v1/runs/${id}`),
  runs: (query: string) => ask<{ runs: Run[]; next: string | null }>(`/v1/runs${query}`),
  submitRun: (spec: unknown) => send<Run>("/v1/runs", spec),
  cancelRun: (id: string) => ask<Run>(`/v1/runs/${id}`, remove),
  sweep: (id: string) => ask<Sweep>(`/v1/sweeps/${id}`),
  sweeps: (query: string) =>
    ask<{ sweeps: ListedSweep[]; next: string | null }>(`/v1/sweeps${query}`),
  sweepTable: (id: string) => ask<SweepTable>(`/v1/sweeps/${id}/output.json`),
  submitSweep: (spec: unknown) => send<Sweep>("/v1/sweeps", spec),
  cancelSweep: (id: string) => ask<Sweep>(`/v1/sweeps/${id}`, remove),
  compare: (ids: readonly string[]) => ask<Comparison>(`/v1/compare?runs=${ids.join(",")}`),
  kinds: () => ask<{ items: { name: string; schema: RunSchema | EvaluateSchema }[] }>("/v1/kinds"),
  checkpoints: () => ask<{ items: { name: string }[] }>("/v1/checkpoints"),
  plugins: allPlugins,
  plugin: (name: string) => ask<PluginFacts>(`/v1/plugins/${name}`),
  removePlugin: (digest: string) => ask<void>(`/v1/plugins/${digest}`, remove),
  uploadPlugin: (file: Blob) =>
    ask<PluginFacts>("/v1/plugins", {
      method: "POST",
      headers: { "content-type": "application/wasm" },
      body: file,
    }),
  file: async (id: string, name: string) => await (await fetch(`/v1/runs/${id}/${name}`)).text(),
  stepRun: (id: string, step: string) => ask<unknown>(`/v1/runs/${id}/steps/${step}`),
};

/** JSON schema of a run. */
export interface RunSchema {
  readonly properties: {
    readonly experiment: { readonly properties: Readonly<Record<string, FieldSchema>> };
  };
}

/** JSON schema of an evaluation. */
export interface EvaluateSchema {
  readonly properties: Readonly<Record<string, FieldSchema>> & {
    readonly system: {
      readonly anyOf: readonly [
        { readonly properties: Readonly<Record<string, FieldSchema>> },
        ...unknown[],
      ];
    };
  };
}

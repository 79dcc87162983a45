/**
 * What a run can name: models, GPUs, memories, profiles, and the ways to say what is read.
 *
 * @module
 */
import { Hono } from "hono";
import * as v from "valibot";
import { gpus } from "../../../core/hardware/gpus.ts";
import { models } from "../../../core/hardware/models.ts";
import { experimentSchema, sparsitySchema } from "../../../core/run/experiment_schema.ts";
import { dram } from "../../../core/run/kinds/dram.ts";
import { evaluate } from "../../../core/run/kinds/evaluate.ts";
import { kinds, runSpecSchema } from "../../../core/run/run_spec.ts";
import { memories } from "../../../core/run/kinds/memories.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { profiles, quirks } from "../../../core/system/switches.ts";
import { columns } from "../../../core/system/columns.ts";
import { jsonSchema, route } from "../describe.ts";

const catalogSchema = v.object({
  items: v.array(v.looseObject({ name: v.string() })),
  schema: v.pipe(v.unknown(), v.description("JSON schema of where a run names one")),
});

/** A table as a list whose items know their names. */
function itemsOf(table: Readonly<Record<string, object>>) {
  return Object.entries(table).map(([name, entry]) => ({ name, ...entry }));
}

const POLICIES = [
  { name: "full", does: "every step reads every token", sparsity: null },
  {
    name: "budget",
    does: "every step reads as many tokens, in whole rows",
    sparsity: { kvBudget: 1024, rowSize: 16 },
  },
  {
    name: "table",
    does: "each step reads as many tokens as a table says; published tables are such",
    sparsity: { kvBudgetTable: { name: "budgets.txt", text: "1024\n1040\n" }, rowSize: 16 },
  },
  {
    name: "ratio",
    does: "every step reads a share of the rows",
    sparsity: { ratio: 0.25, rowSize: 16 },
  },
] as const;

/** What it lists, its items as they are now, and the schema of where a run names one. */
type Catalog = readonly [summary: string, items: () => readonly object[], schema: unknown];

const KINDS = Object.entries(kinds).map(([name, { title, schema }]) => ({
  name,
  title,
  schema: jsonSchema(schema),
}));

/** The routes. */
export function catalogRoutes(service: RunService): Hono {
  const { model, gpu, profile, switches } = experimentSchema.entries;
  const catalogs: Readonly<Record<string, Catalog>> = {
    kinds: [
      "Kinds of run, each with the schema of its spec",
      () => KINDS,
      jsonSchema(runSpecSchema),
    ],
    checkpoints: [
      "Models that an evaluation can decode",
      () => service.models.names().map((name) => ({ name })),
      jsonSchema(evaluate.schema.pipe[0].entries.model),
    ],
    models: ["Models and their shapes", () => itemsOf(models), jsonSchema(model)],
    gpus: ["GPUs and their rates", gpuItems, jsonSchema(gpu)],
    profiles: ["Sets of quirks, and what each switch does", profileItems, {
      profile: jsonSchema(profile),
      switches: jsonSchema(switches),
    }],
    memories: ["Memory models", () => memoryItems(service), jsonSchema(dram.schema)],
    policies: ["Ways to say which tokens are read", () => POLICIES, jsonSchema(sparsitySchema)],
    columns: ["The columns of output.csv", () => columns, {}],
  };
  const routes = new Hono();
  for (const [name, [summary, items, schema]] of Object.entries(catalogs)) {
    routes.get(
      `/${name}`,
      route({ tag: "catalog", summary, answers: { 200: [summary, catalogSchema] } }),
      (c) => c.json({ items: items(), schema }),
    );
  }
  return routes;
}

/** JSON has no infinity: what is not limited is `null`. */
function gpuItems() {
  return itemsOf(gpus).map((gpu) =>
    Object.fromEntries(
      Object.entries<unknown>(gpu).map(([key, value]) => [key, value === Infinity ? null : value]),
    )
  );
}

function profileItems() {
  const switches = Object.entries(quirks).map(([name, { profiles: _, ...quirk }]) => ({
    name,
    ...quirk,
  }));
  return profiles.map((name) => ({
    name,
    values: Object.fromEntries(
      Object.entries(quirks).map(([quirk, { profiles }]) => [quirk, profiles[name]]),
    ),
    switches,
  }));
}

function memoryItems(service: RunService) {
  return Object.entries(memories).map(([name, { title }]) => ({
    name,
    title,
    digest: service.memoryDigest(name as keyof typeof memories),
  }));
}

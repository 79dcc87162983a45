/**
 * A run of the whole system.
 *
 * @module
 */
import * as v from "valibot";
import { columns } from "../../system/columns.ts";
import { csvHeader, csvRow } from "../../system/csv.ts";
import { PIM_LEVELS } from "../../system/machine.ts";
import { simulateSystem } from "../../system/simulate.ts";
import { parseSystemSpec, type SystemOptions, type SystemSpec } from "../../system/spec.ts";
import { type ExperimentInput, experimentSchema } from "../experiment_schema.ts";
import { strictObject } from "../object_schema.ts";
import { budgetInput, budgetsOfInput, readBudgets } from "./budget_input.ts";
import {
  type Inputs,
  type Output,
  type Resolved,
  type RunKind,
  type Sources,
  textOutput,
  type Work,
} from "./kind.ts";
import { memoryAt, type MemoryReference, memorySchema } from "./memories.ts";
import { stepsCsv } from "./steps_csv.ts";
import { locatedIn } from "./system_mistake.ts";

const schema = v.pipe(
  strictObject({
    kind: v.literal("simulate"),
    memory: v.optional(memorySchema, "hbm3-pim"),
    experiment: v.optional(experimentSchema, {}),
  }),
  v.title("Simulate"),
);

/** A resolved run of the system; a list of budgets is content of its own. */
export interface SimulateSpec {
  readonly kind: "simulate";
  readonly memory: MemoryReference;
  readonly experiment: Omit<SystemSpec, "sparsity"> & { readonly sparsity: SparsitySpec };
}

type Sparsity = NonNullable<SystemSpec["sparsity"]>;
type SparsitySpec = null | Omit<Sparsity, "kvBudgets"> & { readonly kvBudgets?: string };

/** The kind. */
export const simulate: RunKind<typeof schema, SimulateSpec> = {
  title: "A model decodes on GPUs with attention there, on CPUs or in memory",
  schema,
  async resolve({ kind, memory, experiment }, sources): Promise<Resolved<SimulateSpec>> {
    const { sparsity, ...checked } = systemSpec(experiment, sources);
    const referring = referringSparsity(sparsity);
    const named = await memoryAt(memory, PIM_LEVELS[checked.pim], sources);
    return {
      spec: {
        kind,
        memory: named.memory,
        experiment: { ...checked, sparsity: referring.sparsity },
      },
      inputs: new Map([...referring.inputs, ...named.inputs]),
    };
  },
  async execute(run, { memory, inputs, onProgress }: Work): Promise<readonly Output[]> {
    const spec = systemSpecOf(run, inputs);
    const { row, notes, perStep } = await simulateSystem(spec, memory, { onProgress });
    const ordered = Object.fromEntries(columns.map(({ name }) => [name, row[name]]));
    return [
      textOutput("output.csv", `${csvHeader}\n${csvRow(row)}\n`),
      textOutput(
        "output.json",
        `${JSON.stringify({ kind: "simulate", row: ordered, notes }, null, 2)}\n`,
      ),
      textOutput("steps.csv", stepsCsv(spec, perStep)),
    ];
  },
};

/** @throws {SpecError} what `parseSystemSpec` finds wrong, with the place */
function systemSpec({ sparsity, ...others }: ExperimentInput, sources: Sources): SystemSpec {
  const options = {
    ...others,
    sparsity: sparsity && sparsityOptions(sparsity, others.lout, sources),
  };
  return locatedIn("/experiment", () => parseSystemSpec(options));
}

function sparsityOptions(
  sparsity: NonNullable<ExperimentInput["sparsity"]>,
  lout: number,
  sources: Sources,
): SystemOptions["sparsity"] {
  const { kvBudget, ratio, rowSize } = sparsity;
  const kvBudgets = readBudgets(sparsity, lout, sources);
  const ways = Object.entries({ kvBudget, kvBudgets, ratio, rowSize });
  return Object.fromEntries(ways.filter(([, value]) => value !== undefined));
}

function referringSparsity(
  sparsity: SystemSpec["sparsity"],
): { readonly sparsity: SparsitySpec; readonly inputs: Inputs } {
  if (sparsity === null) return { sparsity, inputs: new Map() };
  const { kvBudgets, ...others } = sparsity;
  if (kvBudgets === undefined) return { sparsity: others, inputs: new Map() };
  const [reference, bytes] = budgetInput(kvBudgets);
  return {
    sparsity: { ...others, kvBudgets: reference },
    inputs: new Map([[reference, bytes]]),
  };
}

/** The experiment of a resolved run, with its lists of budgets. */
export function systemSpecOf({ experiment }: SimulateSpec, inputs: Inputs): SystemSpec {
  return parseSystemSpec({ ...experiment, sparsity: withBudgets(experiment.sparsity, inputs) });
}

function withBudgets(sparsity: SparsitySpec, inputs: Inputs): SystemOptions["sparsity"] {
  if (sparsity === null) return null;
  const { kvBudgets, ...others } = sparsity;
  if (kvBudgets === undefined) return others;
  const content = inputs.get(kvBudgets);
  if (!content) throw new Error(`Expected the content of ${kvBudgets} but found none`);
  return { ...others, kvBudgets: [...budgetsOfInput(content)] };
}

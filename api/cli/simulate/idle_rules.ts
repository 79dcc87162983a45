import type { IdleRule } from "../idle_options.ts";
import {
  BY_METHOD,
  type ExperimentOptions,
  isStarc,
  type Method,
  policyNamed,
  type SimulateOptions,
} from "./options.ts";
import { isTraceFile } from "./trace_budgets.ts";

const BUDGETS = ["--kv_budget", "--kv_budget_dict", "--kv_budget_table", "--sparsity_ratio"];
const OF_PIM = ["--pim", "--memory", "--powerlimit", "--ffopt", "--pipeopt", "--clustering"];
const OF_SPARSITY = ["--row_size", "--rows", "--selection"];
const OF_SCATTERED = ["--locality", "--seed", "--sampled-steps"];
const OF_TRACES = ["--tile", "--concatenate"];

/** When options of one experiment are of no use, where no note of the result says so. */
export function idleInExperiment(options: SimulateOptions): IdleRule[] {
  const { sparsity, trace, blocks } = options;
  const isRecorded = trace !== undefined || blocks !== undefined;
  return [
    {
      options: [...BUDGETS, "--row_size", "--locality", "--seed"],
      isMet: blocks === undefined,
      otherwise: "changes nothing beside --blocks",
    },
    {
      options: ["--sparsity_ratio"],
      isMet: trace === undefined,
      otherwise: "changes nothing beside --trace",
    },
    { options: BUDGETS, isMet: sparsity, otherwise: "changes nothing without --sparsity" },
    {
      options: ["--sparsity_ratio"],
      isMet: !hasBudget(options),
      otherwise: "changes nothing beside a budget",
    },
    {
      options: OF_TRACES,
      isMet: trace !== undefined,
      otherwise: "changes nothing without --trace",
    },
    ...idleInGpus(options),
    ...idleInDense(sparsity || isRecorded),
    ...idleInCompact(options),
  ];
}

/** When options of several methods, which say what each reads, are of no use. */
export function idleInMethods(options: SimulateOptions, methods: readonly Method[]): IdleRule[] {
  const { selection } = options;
  const sparse = methods.filter(({ budget }) => budget !== "full");
  return [
    {
      options: OF_TRACES,
      isMet: sparse.some(({ budget }) => isTraceFile(budget)),
      otherwise: "changes nothing where no method has a trace",
    },
    ...idleInGpus(options),
    ...idleInDense(sparse.length > 0),
    {
      options: ["--clustering"],
      isMet: methods.some(isStarc),
      otherwise: "is charged to a method named STARC, and there is none",
    },
    {
      options: ["--selection"],
      isMet: selection !== BY_METHOD || sparse.some(({ name }) => policyNamed(name)),
      otherwise: "by-method charges nothing: no method has a policy's name",
    },
    ...idleInCompact(options),
  ];
}

function hasBudget({ kv_budget, kv_budget_dict, kv_budget_table }: ExperimentOptions): boolean {
  return kv_budget !== 0 || kv_budget_dict !== undefined || kv_budget_table !== undefined;
}

/** Without PIM, attention reads all tokens at the GPUs' or CPUs' bandwidth. */
function idleInGpus({ system }: ExperimentOptions): IdleRule[] {
  return [{
    options: [...OF_PIM, ...OF_SPARSITY, ...OF_SCATTERED],
    isMet: system === "dgx-attacc",
    otherwise: `changes no time and no energy with --system ${system}`,
  }];
}

function idleInDense(isSparse: boolean): IdleRule[] {
  return [{
    options: [...OF_SPARSITY, ...OF_SCATTERED],
    isMet: isSparse,
    otherwise: "changes nothing where all tokens are read",
  }];
}

function idleInCompact({ rows }: ExperimentOptions): IdleRule[] {
  return [{
    options: OF_SCATTERED,
    isMet: rows === "scattered",
    otherwise: "changes nothing without --rows scattered",
  }];
}

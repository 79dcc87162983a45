/**
 * The runs behind the paper's figures, in each way of computing them.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openBuiltInMemory } from "../../core/memory/built_in_memories.ts";
import type { MemoryModel } from "../../core/memory/memory_model.ts";
import { RememberingMemory } from "../../core/memory/remembering_memory.ts";
import { ResultStore } from "../../core/memory/result_store.ts";
import { parseBudgetTable } from "../../core/system/budgets.ts";
import { simulateSystem, type SystemResult } from "../../core/system/simulate.ts";
import { parseSystemSpec, type SystemOptions } from "../../core/system/spec.ts";
import { type Length, type Method, METHODS, type Model, MODELS } from "./published.ts";

/** The paper's machine and batch. */
export const SETTING = {
  system: "dgx-attacc",
  gpu: "H100",
  ngpu: 8,
  pim: "bank",
  powerlimit: true,
  ffopt: true,
  pipeopt: true,
  lin: 2048,
  batch: 16,
} as const satisfies SystemOptions;

/** A way of computing a run. */
export interface Variant {
  readonly name: string;
  /** What it is, in a line. */
  readonly meaning: string;
  readonly options: SystemOptions;
}

/** The ways that are set side by side with the paper. */
export const VARIANTS = {
  artifact: {
    name: "artifact",
    meaning: "the artifact's code: its quirks, kept tokens side by side, one clustering at the end",
    options: { profile: "artifact" },
  },
  corrected: {
    name: "corrected",
    meaning:
      "its defects corrected; kept tokens where they may lie, 16-token blocks by chance; what " +
      "each policy reads to decide, choosing by the unit on the buffer die, and STARC's clustering " +
      "of 64 tokens every 64 steps, charged; queries that share a head read it once",
    options: { profile: "corrected", rows: "scattered" },
  },
  each: {
    name: "read by each",
    meaning:
      "the same, but every query of a group reads the head they share by itself: the units " +
      "need not multiply a column with more than one query, as AttAcc's do not",
    options: {
      profile: "corrected",
      rows: "scattered",
      switches: { "key-value-heads": "read-by-each" },
    },
  },
  eighth: {
    name: "corrected, ÷ 8",
    meaning: "the same, but the GPU's norms, activations and all-reduces take an eighth of " +
      "AttAcc's time, as in the artifact",
    options: {
      profile: "corrected",
      rows: "scattered",
      switches: { "gpu-time-divisor": 8 },
    },
  },
} as const satisfies Record<string, Variant>;

/** Name of a variant. */
type VariantName = keyof typeof VARIANTS;

/** A method of the figure, or what all are measured against. */
export type Run = Method | "full";

/** Whose reads to decide each method is charged with. */
export const POLICIES = { "token-wise": "sparq", STARC: "starc", "page-wise": "quest" } as const;

/** Where the artifact's budget tables are looked for if nobody says. */
const TABLES = fileURLToPath(new URL("../../../shared/data/kv_budget/", import.meta.url));

/** Name of a method's budget table in the artifact. */
function tableName(model: Model, method: Method): string {
  return `kv_budget_${MODELS[model]}_${METHODS[method]}.txt`;
}

/** Runs experiments, each once. */
export class Experiments implements Disposable {
  /** Folder of the artifact's budget tables. */
  readonly tables: string;
  readonly #memory: MemoryModel;
  readonly #store: ResultStore;
  readonly #simulator: Disposable | undefined;
  readonly #results = new Map<string, Promise<SystemResult>>();
  readonly #budgets = new Map<string, number[]>();

  private constructor(memory: MemoryModel, tables: string, simulator?: Disposable) {
    this.tables = tables;
    this.#store = ResultStore.inMemory();
    this.#memory = new RememberingMemory(memory, this.#store);
    this.#simulator = simulator;
  }

  /**
   * @param tables folder of the artifact's kv_budget_*.txt
   * @param memory the built-in one if none is given
   * @throws {RangeError} when there is no such folder
   */
  static async open(tables = TABLES, memory?: MemoryModel): Promise<Experiments> {
    if (!existsSync(tables)) {
      throw new RangeError(
        "Expected --tables to name the folder of the STARC artifact's kv_budget_*.txt but found " +
          "none",
      );
    }
    if (memory) return new Experiments(memory, tables);
    const simulator = await openBuiltInMemory("hbm3-pim-bank");
    return new Experiments(simulator, tables, simulator);
  }

  /** The result of a run. */
  run(variant: Variant, model: Model, lout: Length, run: Run): Promise<SystemResult> {
    const key = [variant.name, model, lout, run].join(" ");
    let result = this.#results.get(key);
    if (!result) {
      result = this.#simulate(variant, model, lout, run);
      this.#results.set(key, result);
    }
    return result;
  }

  #simulate({ options }: Variant, model: Model, lout: Length, run: Run): Promise<SystemResult> {
    const isArtifact = options.profile === "artifact";
    const spec = parseSystemSpec({
      ...SETTING,
      ...options,
      model,
      lout,
      sparsity: run === "full" ? null : { kvBudgets: this.#budgetsOf(model, run) },
      clustering: run !== "STARC" ? "none" : isArtifact ? "last-step" : "online",
      selection: run === "full" || isArtifact ? "none" : POLICIES[run],
    });
    return simulateSystem(spec, this.#memory);
  }

  #budgetsOf(model: Model, method: Method): number[] {
    const name = tableName(model, method);
    let budgets = this.#budgets.get(name);
    if (!budgets) {
      const path = `${this.tables.replace(/\/?$/, "/")}${name}`;
      budgets = parseBudgetTable(readFileSync(path, "utf8"), name);
      this.#budgets.set(name, budgets);
    }
    return budgets;
  }

  [Symbol.dispose]() {
    this.#simulator?.[Symbol.dispose]();
    this.#store[Symbol.dispose]();
  }
}

/**
 * The command line that computes a length of a model with all methods beside full attention.
 *
 * @param folder where the reader has the artifact's tables
 */
export function commandOf(
  { options }: Variant,
  model: Model,
  lout: number,
  folder = "kv_budget",
): string {
  const { profile, rows, switches } = options as SystemOptions;
  return [
    "npx -y deno@2.9.6 task kvpim simulate --compare --system dgx-attacc --gpu H100 --powerlimit --ffopt",
    `--pipeopt --model ${model} --batch 16 --lin 2048 --lout ${lout} --profile ${profile}`,
    ...(rows ? [`--rows ${rows}`] : []),
    ...Object.entries(switches ?? {}).map(([name, value]) => `--switch ${name}=${value}`),
    profile === "artifact" ? "--clustering last-step" : "--clustering online --selection by-method",
    ...(Object.keys(METHODS) as Method[]).map((method) =>
      `--method ${METHODS[method]}=${folder}/${tableName(model, method)}`
    ),
  ].join(" ");
}

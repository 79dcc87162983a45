/**
 * Sums of layer costs by the artifact's columns.
 *
 * @module
 */
import type { ColumnName, SystemRow } from "./columns.ts";
import type { CostedLayer } from "./generation.ts";
import type { LayerKind, LayerName } from "./layers.ts";

/** Columns that layers sum to. */
type SummedColumn = Extract<ColumnName, `s_${string}` | `g_${string}` | "g2g_comm" | "c2g_comm">;

/** Sums under the names of columns, in seconds, picojoules and FLOPs of one GPU and one layer. */
type Sums<Names extends SummedColumn> = Record<Names, number>;

const SUMMARISATION_TIME = {
  fc: "s_fc",
  matmul: "s_matmul",
  softmax: "s_softmax",
  activation: "s_act",
  norm: "s_lnorm",
  "all-reduce": "s_comm",
} as const satisfies Partial<Record<LayerKind, SummedColumn>>;

const ACTIVATION_TIME = ["g_etc", "g_act"] as const;
const FEED_FORWARD_TIME = ["g_fc", "g_ff_time"] as const;

const GENERATION_TIME = {
  qkv: ["g_fc", "g_qkv_time"],
  proj: ["g_fc", "g_prj_time"],
  ff1: FEED_FORWARD_TIME,
  ff2: FEED_FORWARD_TIME,
  ff3: FEED_FORWARD_TIME,
  score: ["g_matmul"],
  context: ["g_matmul"],
  write: ["g_matmul"],
  select: ["g_matmul"],
  choose: ["g_matmul"],
  cluster: ["g_matmul"],
  softmax: ["g_softmax"],
  "all-reduce": ["g_comm", "g2g_comm"],
  transfer: ["g_comm", "c2g_comm"],
  norm: ["g_etc", "g_lnorm"],
  relu: ACTIVATION_TIME,
  gelu: ACTIVATION_TIME,
  swiglu: ACTIVATION_TIME,
} as const satisfies Record<LayerName, readonly SummedColumn[]>;

const GENERATION_ENERGY = {
  fc: ["g_fc_mem_energy", "g_fc_comp_energy"],
  matmul: ["g_attn_mem_energy", "g_attn_comp_energy"],
  softmax: ["g_attn_mem_energy", "g_attn_comp_energy"],
  activation: ["g_etc_mem_energy", "g_etc_comp_energy"],
  norm: ["g_etc_mem_energy", "g_etc_comp_energy"],
} as const satisfies Partial<Record<LayerKind, readonly [SummedColumn, SummedColumn]>>;

/** Columns whose unit is a time. */
type TimeColumn =
  | "s_time"
  | "g_time (ms)"
  | typeof SUMMARISATION_TIME[keyof typeof SUMMARISATION_TIME]
  | typeof GENERATION_TIME[LayerName][number];

/** Columns whose unit is an energy. */
type EnergyColumn = Extract<SummedColumn, `${string}_energy` | "g_energy (nJ)">;

type SummedRow = Pick<SystemRow, TimeColumn | EnergyColumn | "s_flops" | "g_flops">;

/** What scales sums to columns. */
interface TotalsScale {
  /** Blocks of the model. */
  readonly layers: number;
  readonly gpus: number;
  readonly steps: number;
  /** Whether the prompt's FLOPs are given as they are. Default false. */
  readonly wholePrompt?: boolean;
}

/** Sums up the prompt's pass and the decode steps of a run. */
export class Totals {
  readonly #summarisation: Sums<Extract<TimeColumn, `s_${string}`>> = {
    s_time: 0,
    s_matmul: 0,
    s_fc: 0,
    s_comm: 0,
    s_softmax: 0,
    s_act: 0,
    s_lnorm: 0,
  };
  readonly #generation: Sums<Exclude<TimeColumn, `s_${string}`>> = {
    "g_time (ms)": 0,
    g_matmul: 0,
    g_fc: 0,
    g_comm: 0,
    g_etc: 0,
    g_qkv_time: 0,
    g_prj_time: 0,
    g_ff_time: 0,
    g2g_comm: 0,
    c2g_comm: 0,
    g_softmax: 0,
    g_act: 0,
    g_lnorm: 0,
  };
  readonly #energy: Sums<EnergyColumn> = {
    "g_energy (nJ)": 0,
    g_dram_energy: 0,
    g_l2_energy: 0,
    g_l1_energy: 0,
    g_reg_energy: 0,
    g_alu_energy: 0,
    g_fc_mem_energy: 0,
    g_fc_comp_energy: 0,
    g_attn_mem_energy: 0,
    g_attn_comp_energy: 0,
    g_etc_mem_energy: 0,
    g_etc_comp_energy: 0,
    g_comm_energy: 0,
  };
  readonly #flops = { s_flops: 0, g_flops: 0 };

  /** Adds the layers of the prompt's pass. */
  addSummarisation(layers: readonly CostedLayer[]) {
    for (const { layer: { kind }, seconds, flops } of layers) {
      this.#flops.s_flops += flops;
      // Keys and values travel while the prompt is still read: AttAcc counts no time for it.
      if (kind === "transfer") continue;
      this.#summarisation.s_time += seconds;
      this.#summarisation[SUMMARISATION_TIME[kind]] += seconds;
    }
  }

  /** Adds the layers of one decode step. */
  addStep(layers: readonly CostedLayer[]) {
    for (const costed of layers) {
      const { layer: { name }, seconds, flops } = costed;
      this.#flops.g_flops += flops;
      this.#generation["g_time (ms)"] += seconds;
      for (const column of GENERATION_TIME[name]) this.#generation[column] += seconds;
      this.#addEnergy(costed);
    }
  }

  #addEnergy({ layer: { kind }, energy }: CostedLayer) {
    const { dram, l2, l1, register, alu, link } = energy;
    const compute = l2 + l1 + register + alu;
    const sums = this.#energy;
    sums["g_energy (nJ)"] += dram + compute + link;
    sums.g_dram_energy += dram;
    sums.g_l2_energy += l2;
    sums.g_l1_energy += l1;
    sums.g_reg_energy += register;
    sums.g_alu_energy += alu;
    sums.g_comm_energy += link;
    if (kind === "transfer" || kind === "all-reduce") return;
    const [memoryColumn, computeColumn] = GENERATION_ENERGY[kind];
    sums[memoryColumn] += dram;
    sums[computeColumn] += compute;
  }

  /**
   * The columns: times in ms and energies in nJ of all the model's layers, those of generation for
   * one step. As in AttAcc the prompt's FLOPs too are divided by the steps, unless told otherwise.
   */
  columns({ layers, gpus, steps, wholePrompt = false }: TotalsScale): SummedRow {
    const { s_flops, g_flops } = scaled(this.#flops, (flops) => flops * gpus * layers);
    return {
      ...scaled(this.#summarisation, (seconds) => seconds * layers * 1000),
      ...scaled(this.#generation, (seconds) => seconds / steps * layers * 1000),
      ...scaled(this.#energy, (picojoules) => picojoules / steps * layers / 1000),
      s_flops: wholePrompt ? s_flops : s_flops / steps,
      g_flops: g_flops / steps,
    };
  }
}

function scaled<Names extends SummedColumn>(
  sums: Sums<Names>,
  scale: (sum: number) => number,
): Sums<Names> {
  const entries = Object.entries<number>(sums).map(([name, sum]) => [name, scale(sum)]);
  return Object.fromEntries(entries) as Sums<Names>;
}

/**
 * What steps do beside AttAcc's layers: write the new token, read what to decide by, choose, cluster.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import { attAcc, pimPlacements } from "../hardware/pim.ts";
import { hbm3PimDevice } from "../memory/hbm3_pim_device.ts";
import type { AttentionProgram, MemoryModel, MemoryResult } from "../memory/memory_model.ts";
import { type AttentionOptions, cycleNsOf, memoryResults } from "./attention_steps.ts";
import type { LayerCost } from "./cost.ts";
import type { Charges } from "./generation.ts";
import {
  attentionOperations,
  type BlockShape,
  type Charge,
  layerHeadDim,
  newTokenBytes,
} from "./layers.ts";
import type { Machine } from "./machine.ts";
import {
  CLUSTERING,
  clusteringRound,
  clustersAt,
  headsOfChannel,
  remapCycles,
  remapPicojoules,
} from "./online_clustering.ts";
import { type PimAttention, pimScoreCost } from "./pim_attention.ts";
import { stackShare } from "./programs.ts";
import { type Metadata, metadataOf } from "./policy_metadata.ts";
import { rowsOfBlocks, rowsOfProgram } from "./rows_opened.ts";
import {
  chosenOf,
  scoresOf,
  selectionMultiplyAdds,
  selectionProgram,
  selectionSize,
  withCompleteScores,
} from "./selection.ts";
import type { SystemSpec } from "./spec.ts";
import { pimTokenWrite, processorTokenWrite } from "./token_write.ts";
import { topKCost } from "./top_k.ts";

/** Time and energy of one decode step in all layers. */
export interface ChargedCost {
  readonly milliseconds: number;
  readonly nanojoules: number;
}

/** What a run is charged. */
interface RunCharges {
  readonly write: LayerCost | undefined;
  /** For each step; none where nothing is selected. */
  readonly select: readonly LayerCost[];
  /** For each step; none where it is free. */
  readonly choose: readonly LayerCost[];
  /** For a step that clusters a window of every head. */
  readonly cluster: LayerCost | undefined;
  /** Whole windows of the prompt. */
  readonly promptWindows: number;
}

/** What every step is charged, and the prompt. */
export class StepCharges {
  readonly #costs: RunCharges;

  private constructor(costs: RunCharges) {
    this.#costs = costs;
  }

  /**
   * Simulates what is charged.
   *
   * @param programs compact programs of the steps; none where attention does not run in memory
   */
  static async of(
    spec: SystemSpec,
    machine: Machine,
    block: BlockShape,
    programs: readonly AttentionProgram[],
    memory: MemoryModel | undefined,
    { onProgress }: AttentionOptions,
  ): Promise<StepCharges> {
    const simulated: Simulated = {
      cycleNs: cycleNsOf(memory),
      simulate: (asked) => memoryResults(asked, spec, memory, onProgress),
    };
    const sparse = programs.length > 0 && spec.sparsity !== null;
    const headDim = layerHeadDim(models[spec.model]);
    const metadata = sparse
      ? metadataOf(spec.selection, spec.selectionParameters, headDim)
      : undefined;
    return new StepCharges({
      write: writeCost(spec, machine, block),
      select: metadata ? await selectCosts(spec, block, metadata, programs, simulated) : [],
      choose: metadata ? chooseCosts(spec, machine, block, metadata, programs) : [],
      cluster: sparse && spec.clustering === "online"
        ? await clusterCost(spec, machine, block, programs[0]!, simulated)
        : undefined,
      promptWindows: Math.floor(spec.lin / CLUSTERING.tokens),
    });
  }

  /** Of a step, counted from 0. */
  at(step: number): Charges {
    const { write, cluster } = this.#costs;
    const select = this.#costs.select[step];
    const choose = this.#costs.choose[step];
    return {
      ...(write && { write }),
      ...(select && { select }),
      ...(choose && { choose }),
      ...(cluster && clustersAt(step) && { cluster }),
    };
  }

  /** Once, after the prompt: its whole windows are clustered as new ones are. */
  get prompt(): Charges {
    const { cluster, promptWindows } = this.#costs;
    return cluster && promptWindows > 0 ? { cluster: times(cluster, promptWindows) } : {};
  }

  /** Means over the first steps, in all layers of a model. */
  means(steps: number, layers: number): Partial<Record<Charge, ChargedCost>> {
    const sums = new Map<Charge, { seconds: number; picojoules: number }>();
    for (let step = 0; step < steps; step++) {
      for (const [name, { seconds, energy }] of Object.entries(this.at(step))) {
        const sum = sums.get(name as Charge) ?? { seconds: 0, picojoules: 0 };
        sum.seconds += seconds;
        sum.picojoules += picojoulesOf(energy);
        sums.set(name as Charge, sum);
      }
    }
    const entries = [...sums].map(([name, { seconds, picojoules }]) => [name, {
      milliseconds: seconds / steps * layers * 1000,
      nanojoules: picojoules / steps * layers / 1000,
    }]);
    return Object.fromEntries(entries);
  }

  /** What the prompt is charged, in all layers of a model. */
  ofPrompt(layers: number): Partial<Record<Charge, ChargedCost>> {
    const entries = Object.entries(this.prompt).map(([name, { seconds, energy }]) => [name, {
      milliseconds: seconds * layers * 1000,
      nanojoules: picojoulesOf(energy) * layers / 1000,
    }]);
    return Object.fromEntries(entries);
  }
}

const picojoulesOf = (energy: LayerCost["energy"]) =>
  Object.values(energy).reduce((all, part) => all + part, 0);

function times({ seconds, bound, energy }: LayerCost, count: number): LayerCost {
  const { dram, l2, l1, register, alu, link } = energy;
  return {
    seconds: seconds * count,
    bound,
    energy: {
      dram: dram * count,
      l2: l2 * count,
      l1: l1 * count,
      register: register * count,
      alu: alu * count,
      link: link * count,
    },
  };
}

/** The memory that what is charged runs in. */
interface Simulated {
  readonly cycleNs: number;
  readonly simulate: (programs: readonly AttentionProgram[]) => Promise<MemoryResult[]>;
}

function writeCost(
  { model, switches }: SystemSpec,
  { accelerator }: Machine,
  block: BlockShape,
): LayerCost | undefined {
  if (switches["key-value-write"] === "none") return undefined;
  if (accelerator.kind !== "pim") return processorTokenWrite(block, accelerator);
  const headDim = layerHeadDim(models[model]);
  return pimTokenWrite(block, headDim, accelerator, hbm3PimDevice(accelerator.power));
}

/** Cost of a program; `multiplyAdds` are those of one accelerator. */
function programCost(
  spec: SystemSpec,
  block: BlockShape,
  program: AttentionProgram,
  { result, cycleNs }: Pick<PimAttention, "result" | "cycleNs">,
  multiplyAdds: number,
): LayerCost {
  const rowsOpened = program.headBlocks
    ? program.headBlocks.reduce((sum, blocks) => sum + rowsOfBlocks(program, blocks), 0)
    : rowsOfProgram(program);
  return pimScoreCost(2 * multiplyAdds, {
    result,
    cycleNs,
    pim: program.pim,
    columnsPerMac: pimPlacements[program.pim].columnsPerMac,
    rowsOpened: program.pim === "bank" ? rowsOpened : 0,
    stackShare: stackShare(block, spec.switches),
  }, spec.switches);
}

async function selectCosts(
  spec: SystemSpec,
  block: BlockShape,
  metadata: Metadata,
  programs: readonly AttentionProgram[],
  { simulate, cycleNs }: Simulated,
): Promise<LayerCost[]> {
  const bySize = new Map<number, AttentionProgram>();
  const selections = programs.map((program) => {
    const size = selectionSize(metadata, program);
    const selection = bySize.get(size) ?? selectionProgram(metadata, program, spec.seed);
    bySize.set(size, selection);
    return selection;
  });
  const distinct = [...bySize.values()];
  const results = await simulate(distinct);
  const found = new Map(distinct.map((selection, i) => [selection, results[i]!]));
  const operations = attentionOperations(block);
  return programs.map((program, step) => {
    const selection = selections[step]!;
    // In cycles of the memory that was simulated, whatever its clock.
    const moveCycles = hbm3PimDevice(program.power).timing.nCCDS! * attAcc.clockNanoseconds /
      cycleNs;
    return programCost(
      spec,
      block,
      selection,
      {
        result: withCompleteScores(
          found.get(selection)!,
          selection,
          program.contextTokens,
          moveCycles,
        ),
        cycleNs,
      },
      selectionMultiplyAdds(metadata, program) * operations,
    );
  });
}

function chooseCosts(
  { switches }: SystemSpec,
  machine: Machine,
  block: BlockShape,
  metadata: Metadata,
  programs: readonly AttentionProgram[],
): LayerCost[] {
  return programs.flatMap(({ contextTokens, keptTokens }) => {
    const choice = {
      scores: scoresOf(metadata, contextTokens),
      chosen: chosenOf(metadata, keptTokens),
    };
    return topKCost(choice, block, machine, switches) ?? [];
  });
}

async function clusterCost(
  spec: SystemSpec,
  { accelerator }: Machine,
  block: BlockShape,
  attention: AttentionProgram,
  { simulate, cycleNs }: Simulated,
): Promise<LayerCost> {
  if (accelerator.kind !== "pim") throw new TypeError("Expected clustering in memory");
  const { tokens, clusters, rounds } = CLUSTERING;
  const program = clusteringRound(attention);
  const [result] = await simulate([program]);
  const headDim = layerHeadDim(models[spec.model]);
  const stored = block.keyValueHeads * block.batch;
  // Similarities and sums, of every key with every centroid.
  const multiplyAdds = 2 * tokens * clusters * headDim * stored;
  const round = programCost(spec, block, program, { result: result!, cycleNs }, multiplyAdds);
  const keyColumns = Math.ceil(headDim * block.elementBytes / (4 * attAcc.columnBytes));
  const heads = headsOfChannel(Math.ceil(stored / attAcc.stacks));
  const moved = remapCycles(hbm3PimDevice(accelerator.power), heads, keyColumns, 4);
  const { energy, seconds } = round;
  return {
    seconds: seconds * rounds + moved * attAcc.clockNanoseconds / 1e9,
    bound: "memory",
    energy: {
      ...energy,
      dram: energy.dram * rounds + remapPicojoules(newTokenBytes(block) * tokens),
      alu: energy.alu * rounds,
    },
  };
}

/**
 * The system experiment: a model decodes on GPUs whose attention runs in memory, or elsewhere.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import type { MemoryModel } from "../memory/memory_model.ts";
import { type AttentionOptions, attentionSteps, cycleNsOf } from "./attention_steps.ts";
import { type ChargedCost, StepCharges } from "./charges.ts";
import { checkCapacity, requiredBytes } from "./capacity.ts";
import type { SystemRow } from "./columns.ts";
import { BlockCosts, type StepAttention } from "./generation.ts";
import {
  type BlockShape,
  type Charge,
  feedForwardOf,
  layerHeadDim,
  storedHeads,
} from "./layers.ts";
import {
  acceleratorLabel,
  bandwidthRatio,
  capacityGib,
  type Machine,
  machineOf,
} from "./machine.ts";
import { resultNotes, specNotes } from "./notes.ts";
import { contextOfStep, decodeSteps, keptTokensOfStep, stepPrograms } from "./programs.ts";
import { type Metadata, metadataOf } from "./policy_metadata.ts";
import type { SystemSpec } from "./spec.ts";
import type { Sampling } from "./scattered.ts";
import { Totals } from "./totals.ts";

/** Options of {@linkcode simulateSystem}. */
export type SimulateOptions = AttentionOptions;

/** What each decode step did, in order. */
export interface StepSeries {
  /** Tokens in the KV cache. */
  readonly contextTokens: Int32Array;
  /** Tokens that were read. */
  readonly keptTokens: Int32Array;
  /** Memory clock cycles of one layer's attention; 0 where it runs elsewhere. */
  readonly attentionCycles: Float64Array;
  /** Length of one of them in nanoseconds. */
  readonly cycleNs: number;
}

/** What an experiment gives. */
export interface SystemResult {
  readonly row: SystemRow;
  /** Where the reference would have failed or misled, and what was done; one sentence each. */
  readonly notes: readonly string[];
  readonly perStep: StepSeries;
  /**
   * What was charged beside AttAcc's layers, a decode step, in all layers. It is part of g_matmul
   * and the attention's energies.
   */
  readonly charged: Readonly<Partial<Record<Charge, ChargedCost>>>;
  /**
   * What was charged beside AttAcc's layers once, for the prompt, in all layers. Its time is part
   * of s_time and s_matmul; energies of the prompt have no column.
   */
  readonly chargedPrompt: Readonly<Partial<Record<Charge, ChargedCost>>>;
  /** What scattered steps were estimated from. */
  readonly sampling?: Sampling;
}

/**
 * Runs an experiment. The distinct programs of all decode steps go to the memory in one call; then
 * every step is costed and summed.
 *
 * @param memory needed for `--system dgx-attacc` only
 * @throws {TypeError} when that memory is missing
 * @throws {RangeError} when the experiment asks for what the memory cannot do
 *
 * @example
 * ```ts
 * import { simulateSystem } from "./simulate.ts";
 * import { parseSystemSpec } from "./spec.ts";
 * import { equal } from "node:assert/strict";
 *
 * const spec = parseSystemSpec({ model: "GPT-13B", lin: 64, lout: 3 });
 * const { row } = await simulateSystem(spec);
 * equal(row.required_cap, 25219945040);
 * ```
 */
export async function simulateSystem(
  spec: SystemSpec,
  memory?: MemoryModel,
  options: SimulateOptions = {},
): Promise<SystemResult> {
  const machine = machineOf(spec);
  const block = blockOf(spec, machine);
  const { accelerator } = machine;
  const programs = accelerator.kind === "pim" ? stepPrograms(spec, block, accelerator) : [];
  const lastContext = contextOfStep(spec, decodeSteps(spec) - 1);
  const required = requiredBytes(block, lastContext, metadataOfRun(spec));
  if (spec.switches.capacity === "enforced") checkCapacity(machine, required, lastContext);
  const attention = await attentionSteps(spec, block, programs, memory, options);
  const charges = await StepCharges.of(spec, machine, block, programs, memory, options);
  const row = rowOf(spec, machine, block, attention.steps, charges);
  return {
    row,
    notes: [
      ...specNotes(spec, programs, options.blocks),
      ...resultNotes(row, attention.sampling),
      ...programs.length > 0 ? memory?.notes ?? [] : [],
    ],
    perStep: seriesOf(spec, attention.steps, cycleNsOf(memory)),
    charged: charges.means(decodeSteps(spec), models[spec.model].layers),
    chargedPrompt: charges.ofPrompt(models[spec.model].layers),
    ...(attention.sampling && { sampling: attention.sampling }),
  };
}

function blockOf(spec: SystemSpec, { gpus, accelerator }: Machine): BlockShape {
  return {
    model: spec.model,
    feedForward: feedForwardOf(spec.model, spec.switches),
    gpus: gpus.devices,
    ...storedHeads(spec.model, gpus.devices, spec.switches),
    elementBytes: spec.word,
    batch: spec.batch,
    remoteAttention: accelerator.kind !== "gpu",
  };
}

function rowOf(
  spec: SystemSpec,
  machine: Machine,
  block: BlockShape,
  attention: readonly StepAttention[],
  charges: StepCharges,
): SystemRow {
  const { gpus } = machine;
  const steps = decodeSteps(spec);
  const { weights, cache, temporaries } = requiredBytes(
    block,
    contextOfStep(spec, steps - 1),
    metadataOfRun(spec),
  );
  const costs = new BlockCosts(spec, machine, block);
  const totals = new Totals();
  totals.addSummarisation(costs.summarisation(charges.prompt));
  for (let step = 0; step < steps; step++) {
    totals.addStep(costs.step(contextOfStep(spec, step), attention[step], charges.at(step)));
  }
  return {
    model: spec.model,
    dtype: spec.word === 2 ? "W16A16" : "W8A8",
    xpu: "GPU",
    cap: capacityGib(machine),
    bw: bandwidthRatio(machine),
    sys_opb: operationsPerByte(spec, machine),
    hw: acceleratorLabel(machine),
    cores: gpus.devices,
    pipe_level: spec.pipeopt,
    "is parallel": spec.ffopt,
    "power constraint": spec.powerlimit,
    gqa_size: groupSize(spec),
    Lin: spec.lin,
    Lout: spec.lout,
    bs: spec.batch,
    required_cap: weights + cache + temporaries,
    ...totals.columns({
      layers: models[spec.model].layers,
      gpus: gpus.devices,
      steps,
      wholePrompt: spec.switches["prompt-flops"] === "whole",
    }),
  };
}

/** FLOPs of a GPU for each byte of its memory; 8-bit operands double them. */
function operationsPerByte({ word, switches }: SystemSpec, { gpus }: Machine): number {
  const narrow = switches["operations-per-byte"] === "of-the-word" ? 2 / word : 1;
  return narrow * gpus.flopsPerSecond / gpus.memoryBytesPerSecond;
}

/** What the policy keeps beside keys and values. */
function metadataOfRun(
  { model, selection, selectionParameters, sparsity }: SystemSpec,
): Metadata | undefined {
  if (sparsity === null) return undefined;
  return metadataOf(selection, selectionParameters, layerHeadDim(models[model]));
}

/** Queries of a head's group; 0 as in the reference where they are not told apart. */
function groupSize({ model, switches }: SystemSpec): number {
  const { heads, keyValueHeads } = models[model];
  return switches["key-value-heads"] === "query-heads" ? 0 : heads / keyValueHeads;
}

function seriesOf(
  spec: SystemSpec,
  attention: readonly StepAttention[],
  cycleNs: number,
): StepSeries {
  const steps = decodeSteps(spec);
  const isPim = spec.system === "dgx-attacc";
  const contextTokens = Int32Array.from({ length: steps }, (_, step) => contextOfStep(spec, step));
  return {
    contextTokens,
    keptTokens: isPim
      ? contextTokens.map((_, step) => keptTokensOfStep(spec, step))
      : contextTokens.slice(),
    attentionCycles: Float64Array.from(
      { length: steps },
      (_, step) => attention[step]?.result.cycles ?? 0,
    ),
    cycleNs,
  };
}

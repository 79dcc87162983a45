/**
 * The system experiment: a model decodes on GPUs whose attention runs in memory, or elsewhere.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import { pimPlacements } from "../hardware/pim.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  ProgressListener,
} from "../memory/memory_model.ts";
import { requiredBytes } from "./capacity.ts";
import type { SystemRow } from "./columns.ts";
import { BlockCosts, type StepAttention } from "./generation.ts";
import { type BlockShape, feedForwardOf, layerHeadDim } from "./layers.ts";
import {
  acceleratorLabel,
  bandwidthRatio,
  capacityGib,
  type Machine,
  machineOf,
} from "./machine.ts";
import { resultNotes, specNotes } from "./notes.ts";
import {
  contextOfStep,
  countsAsZero,
  decodeSteps,
  keptTokensOfStep,
  stepPrograms,
} from "./programs.ts";
import type { SystemSpec } from "./spec.ts";
import { Totals } from "./totals.ts";

/** Options of {@linkcode simulateSystem}. */
export interface SimulateOptions {
  /** Called while the memory runs, with the number of finished programs and of all. */
  readonly onProgress?: ProgressListener;
}

/** What each decode step did, in order. */
export interface StepSeries {
  /** Tokens in the KV cache. */
  readonly contextTokens: Int32Array;
  /** Tokens that were read. */
  readonly keptTokens: Int32Array;
  /** Memory clock cycles of one layer's attention; 0 where it runs elsewhere. */
  readonly attentionCycles: Float64Array;
}

/** What an experiment gives. */
export interface SystemResult {
  readonly row: SystemRow;
  /** Where the reference would have failed or misled, and what was done; one sentence each. */
  readonly notes: readonly string[];
  readonly perStep: StepSeries;
}

const NO_COMMANDS: MemoryResult = { cycles: 0, mac: 0, softmax: 0, mvgb: 0, mvsb: 0, wrgb: 0 };

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
  const results = await resultsOf(programs, spec, memory, options);
  const attention = results.map((result, step) => ({
    result,
    columnsPerMac: columnsPerMacOf(spec, programs[step]!, step),
  }));
  const row = rowOf(spec, machine, block, attention);
  return {
    row,
    notes: [...specNotes(spec, programs), ...resultNotes(row)],
    perStep: seriesOf(spec, results),
  };
}

function blockOf(spec: SystemSpec, { gpus, accelerator }: Machine): BlockShape {
  return {
    model: spec.model,
    feedForward: feedForwardOf(spec.model, spec.switches),
    gpus: gpus.devices,
    elementBytes: spec.word,
    batch: spec.batch,
    remoteAttention: accelerator.kind !== "gpu",
  };
}

/** One result a program; equal ones are asked for once. */
async function resultsOf(
  programs: readonly AttentionProgram[],
  { system, switches }: SystemSpec,
  memory: MemoryModel | undefined,
  { onProgress }: SimulateOptions,
): Promise<MemoryResult[]> {
  if (programs.length === 0) return [];
  if (!memory) throw new TypeError(`Expected a memory for --system ${system} but found none`);
  const keys = programs.map((program) =>
    countsAsZero(program, switches) ? undefined : memory.keyOf(program)
  );
  const distinct = new Map<string, AttentionProgram>();
  keys.forEach((key, step) => {
    if (key !== undefined && !distinct.has(key)) distinct.set(key, programs[step]!);
  });
  const results = distinct.size > 0
    ? await memory.simulate([...distinct.values()], onProgress)
    : [];
  const found = new Map([...distinct.keys()].map((key, i) => [key, results[i]!]));
  return keys.map((key) => key === undefined ? NO_COMMANDS : found.get(key)!);
}

function columnsPerMacOf(
  { model, switches }: SystemSpec,
  { pim }: AttentionProgram,
  step: number,
): number {
  const { columnsPerMac } = pimPlacements[pim];
  if (pim !== "buffer") return columnsPerMac;
  switch (switches["buffer-traffic"]) {
    case "twice":
      return columnsPerMac;
    case "once":
      return 1;
    case "fresh": {
      // The first result is read back from the cache, if the cache finds it: it is stored under
      // the table's head size and looked up under the layers'.
      const { headDim, ...shape } = models[model];
      return step === 0 && layerHeadDim({ headDim, ...shape }) === headDim ? columnsPerMac : 1;
    }
  }
}

function rowOf(
  spec: SystemSpec,
  machine: Machine,
  block: BlockShape,
  attention: readonly StepAttention[],
): SystemRow {
  const { gpus } = machine;
  const steps = decodeSteps(spec);
  const costs = new BlockCosts(spec, machine, block);
  const totals = new Totals();
  totals.addSummarisation(costs.summarisation());
  for (let step = 0; step < steps; step++) {
    totals.addStep(costs.step(contextOfStep(spec, step), attention[step]));
  }
  return {
    model: spec.model,
    dtype: spec.word === 2 ? "W16A16" : "W8A8",
    xpu: "GPU",
    cap: capacityGib(machine),
    bw: bandwidthRatio(machine),
    sys_opb: gpus.flopsPerSecond / gpus.memoryBytesPerSecond,
    hw: acceleratorLabel(machine),
    cores: gpus.devices,
    pipe_level: spec.pipeopt,
    "is parallel": spec.ffopt,
    "power constraint": spec.powerlimit,
    gqa_size: 0,
    Lin: spec.lin,
    Lout: spec.lout,
    bs: spec.batch,
    required_cap: requiredBytes(block, spec.lin + spec.lout - 1),
    ...totals.columns({ layers: models[spec.model].layers, gpus: gpus.devices, steps }),
  };
}

function seriesOf(spec: SystemSpec, results: readonly MemoryResult[]): StepSeries {
  const steps = decodeSteps(spec);
  const isPim = spec.system === "dgx-attacc";
  const contextTokens = Int32Array.from({ length: steps }, (_, step) => contextOfStep(spec, step));
  return {
    contextTokens,
    keptTokens: isPim
      ? contextTokens.map((_, step) => keptTokensOfStep(spec, step))
      : contextTokens.slice(),
    attentionCycles: Float64Array.from({ length: steps }, (_, step) => results[step]?.cycles ?? 0),
  };
}

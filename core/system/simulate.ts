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
import { hbm3PimDevice } from "../memory/hbm3_pim_device.ts";
import { checkCapacity, requiredBytes } from "./capacity.ts";
import type { SystemRow } from "./columns.ts";
import { BlockCosts, type Charges, type StepAttention } from "./generation.ts";
import { type BlockShape, feedForwardOf, layerHeadDim, storedHeads } from "./layers.ts";
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
  stackShare,
  stepPrograms,
} from "./programs.ts";
import type { SystemSpec } from "./spec.ts";
import { rowsOfProgram } from "./rows_opened.ts";
import { pimTokenWrite, processorTokenWrite } from "./token_write.ts";
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
  const lastContext = contextOfStep(spec, decodeSteps(spec) - 1);
  const required = requiredBytes(block, lastContext);
  if (spec.switches.capacity === "enforced") checkCapacity(machine, required, lastContext);
  const results = await resultsOf(programs, spec, memory, options);
  const share = stackShare(block, spec.switches);
  const attention = results.map((result, step): StepAttention => {
    const program = programs[step]!;
    return {
      result,
      pim: program.pim,
      columnsPerMac: columnsPerMacOf(spec, program, step),
      rowsOpened: rowsOfProgram(program),
      stackShare: share,
      keptTokens: program.keptTokens,
    };
  });
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
    ...storedHeads(spec.model, gpus.devices, spec.switches),
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
  const { weights, cache, temporaries } = requiredBytes(block, contextOfStep(spec, steps - 1));
  const costs = new BlockCosts(spec, machine, block);
  const totals = new Totals();
  const charges = chargesOf(spec, machine, block);
  totals.addSummarisation(costs.summarisation());
  for (let step = 0; step < steps; step++) {
    totals.addStep(costs.step(contextOfStep(spec, step), attention[step], charges));
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

/** Queries of a head's group; 0 as in the reference where they are not told apart. */
function groupSize({ model, switches }: SystemSpec): number {
  const { heads, keyValueHeads } = models[model];
  return switches["key-value-heads"] === "query-heads" ? 0 : heads / keyValueHeads;
}

/** What every step does beside AttAcc's layers. */
function chargesOf(
  { model, switches }: SystemSpec,
  { accelerator }: Machine,
  block: BlockShape,
): Charges {
  if (switches["key-value-write"] === "none") return {};
  if (accelerator.kind !== "pim") return { write: processorTokenWrite(block, accelerator) };
  const headDim = layerHeadDim(models[model]);
  const device = hbm3PimDevice(accelerator.power);
  return { write: pimTokenWrite(block, headDim, accelerator, device) };
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

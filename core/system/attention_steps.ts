/**
 * What attention in memory comes to at every decode step.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import { attAcc, pimPlacements } from "../hardware/pim.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  ProgressListener,
} from "../memory/memory_model.ts";
import { type BlockSource, StatisticalBlocks } from "./block_source.ts";
import type { StepAttention } from "./generation.ts";
import { type BlockShape, layerHeadDim } from "./layers.ts";
import { countsAsZero, stackShare } from "./programs.ts";
import { rowsOfProgram } from "./rows_opened.ts";
import { type Sampling, scatteredSteps, type StepMemory } from "./scattered.ts";
import type { SystemSpec } from "./spec.ts";

/** Options of {@linkcode attentionSteps}. */
export interface AttentionOptions {
  readonly onProgress?: ProgressListener;
  /** Where the blocks that are read lie. Default: by chance, as the experiment says. */
  readonly blocks?: BlockSource;
}

/** Attention of all steps. */
interface AttentionSteps {
  readonly steps: readonly StepAttention[];
  /** What it was estimated from; of scattered rows only. */
  readonly sampling?: Sampling;
}

const NO_COMMANDS: MemoryResult = { cycles: 0, mac: 0, softmax: 0, mvgb: 0, mvsb: 0, wrgb: 0 };

/**
 * Runs the programs of all steps, each distinct one once.
 *
 * @param programs compact programs, in the order of the steps
 * @throws {TypeError} when there are programs and no memory
 */
export async function attentionSteps(
  spec: SystemSpec,
  block: BlockShape,
  programs: readonly AttentionProgram[],
  memory: MemoryModel | undefined,
  options: AttentionOptions,
): Promise<AttentionSteps> {
  const simulate = (asked: readonly AttentionProgram[]) =>
    memoryResults(asked, spec, memory, options.onProgress);
  const { steps, ...more } = spec.rows === "scattered"
    ? await scatteredSteps(programs, sourceOf(spec, options), spec.sampledSteps, simulate)
    : { steps: compactSteps(programs, await simulate(programs)) };
  const share = stackShare(block, spec.switches);
  const cycleNs = cycleNsOf(memory);
  return {
    ...more,
    steps: steps.map(({ result, rowsOpened }, step) => ({
      result,
      cycleNs,
      pim: programs[step]!.pim,
      columnsPerMac: columnsPerMacOf(spec, programs[step]!, step),
      rowsOpened,
      stackShare: share,
      keptTokens: programs[step]!.keptTokens,
    })),
  };
}

/** Of the memory, or of AttAcc's where nothing runs in memory. */
export function cycleNsOf(memory: MemoryModel | undefined): number {
  return memory?.cycleNs ?? attAcc.clockNanoseconds;
}

function sourceOf({ seed, locality }: SystemSpec, { blocks }: AttentionOptions): BlockSource {
  return blocks ?? new StatisticalBlocks({ seed, ...(locality !== null && { meanRun: locality }) });
}

function compactSteps(
  programs: readonly AttentionProgram[],
  results: readonly MemoryResult[],
): StepMemory[] {
  return programs.map((program, step) => ({
    result: results[step]!,
    rowsOpened: program.pim === "bank" ? rowsOfProgram(program) : 0,
  }));
}

/**
 * One result a program; equal ones are asked for once.
 *
 * @throws {TypeError} when there are programs and no memory
 */
export async function memoryResults(
  programs: readonly AttentionProgram[],
  { system, switches }: SystemSpec,
  memory: MemoryModel | undefined,
  onProgress: ProgressListener | undefined,
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

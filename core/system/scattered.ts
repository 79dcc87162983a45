/**
 * Decode steps whose heads read blocks wherever these are stored.
 *
 * Every step is another program: none of them is found among earlier results, and a run has up to
 * 32,000. So a sample of the steps, evenly spaced over the run, is simulated with the very blocks
 * their heads read, and what all steps cost is estimated from it: a step's cycles and commands are
 * close to linear in how many blocks it reads and how many rows these can be expected to lie in.
 * The regression makes up for the budgets that the sample happens to contain; what it leaves
 * unexplained, divided by the root of the sample's size, is the standard error of the mean. Steps
 * that read everything are the compact program and are simulated as that.
 *
 * @module
 */
import { tokensOfBlock } from "../memory/canonical_program.ts";
import type { AttentionProgram, MemoryResult } from "../memory/memory_model.ts";
import type { BlockSource } from "./block_source.ts";
import { leastSquares } from "./least_squares.ts";
import { BLOCK_TOKENS, expectedRows, rowsOfBlocks, rowsOfProgram } from "./rows_opened.ts";

/** One step in memory: what it counted and the rows it opened. */
export interface StepMemory {
  readonly result: MemoryResult;
  /** Rows opened in all banks of a channel, every channel counted; of bank PIM. */
  readonly rowsOpened: number;
}

/** What an estimate rests on. */
export interface Sampling {
  /** Steps that read fewer blocks than are stored. */
  readonly scatteredSteps: number;
  /** Steps of these that were simulated. */
  readonly sampledSteps: number;
  /** Standard error of the mean cycles of all scattered steps, over that mean. */
  readonly relativeError: number;
}

/** Simulates programs, those of equal keys once, in the order given. */
export type Simulate = (programs: readonly AttentionProgram[]) => Promise<MemoryResult[]>;

/**
 * Estimates all steps of a run.
 *
 * @param programs compact programs of the steps, in order
 * @param source where the kept tokens lie
 * @param sampledSteps most steps that are simulated as scattered
 */
export async function scatteredSteps(
  programs: readonly AttentionProgram[],
  source: BlockSource,
  sampledSteps: number,
  simulate: Simulate,
): Promise<{ steps: StepMemory[]; sampling: Sampling }> {
  const scattered = programs.flatMap((program, step) => isScattered(program) ? [step] : []);
  const sample = evenly(scattered, sampledSteps);
  const asked = new Set(sample);
  const exact = programs.flatMap((program, step) => isScattered(program) ? [] : [step]);
  const placed = sample.map((step) => withBlocks(programs[step]!, step, source));
  const results = await simulate([...placed, ...exact.map((step) => programs[step]!)]);
  const steps = new Array<StepMemory>(programs.length);
  sample.forEach((step, i) => {
    steps[step] = { result: results[i]!, rowsOpened: rowsOfPlaced(placed[i]!) };
  });
  exact.forEach((step, i) => {
    const result = results[sample.length + i]!;
    steps[step] = { result, rowsOpened: rowsOfProgram(programs[step]!) };
  });
  const relativeError = estimateRest(programs, scattered, sample, asked, steps);
  const sampling = {
    scatteredSteps: scattered.length,
    sampledSteps: sample.length,
    relativeError,
  };
  return { steps, sampling };
}

/** Fills in the steps that were not simulated; returns the relative error of the mean. */
function estimateRest(
  programs: readonly AttentionProgram[],
  scattered: readonly number[],
  sample: readonly number[],
  asked: ReadonlySet<number>,
  steps: StepMemory[],
): number {
  if (sample.length === scattered.length) return 0;
  const features = sample.map((step) => featuresOf(programs[step]!));
  const model = leastSquares(features, sample.map((step) => quantitiesOf(steps[step]!)));
  let squares = 0;
  sample.forEach((step, i) => {
    squares += (steps[step]!.result.cycles - model.predict(features[i]!)[0]!) ** 2;
  });
  let cycles = 0;
  for (const step of scattered) {
    if (!asked.has(step)) steps[step] = stepMemory(model.predict(featuresOf(programs[step]!)));
    cycles += steps[step]!.result.cycles;
  }
  const variance = squares / Math.max(1, sample.length - model.rank);
  const unseen = 1 - sample.length / scattered.length;
  return Math.sqrt(variance * unseen / sample.length) / (cycles / scattered.length);
}

const keptBlocks = ({ keptTokens }: AttentionProgram) => Math.ceil(keptTokens / BLOCK_TOKENS);
const storedBlocks = ({ contextTokens }: AttentionProgram) =>
  Math.ceil(contextTokens / BLOCK_TOKENS);
const isScattered = (program: AttentionProgram) =>
  keptBlocks(program) < storedBlocks(program) && !program.clustering;

/** `count` of the numbers, at equal distances, each in the middle of its part. */
function evenly(numbers: readonly number[], count: number): number[] {
  if (numbers.length <= count) return [...numbers];
  return Array.from(
    { length: count },
    (_, i) => numbers[Math.floor((i + 0.5) * numbers.length / count)]!,
  );
}

function withBlocks(
  program: AttentionProgram,
  step: number,
  source: BlockSource,
): AttentionProgram {
  const reads = { step, storedBlocks: storedBlocks(program), keptBlocks: keptBlocks(program) };
  const headBlocks = Array.from({ length: program.heads }, (_, head) => {
    const blocks = source.blocksOf({ ...reads, head });
    return inUnits(blocks, BLOCK_TOKENS / tokensOfBlock(program.pim), program);
  });
  return { ...program, headBlocks };
}

/** Blocks of 16 tokens as blocks of what the units of a channel work on at once. */
function inUnits(blocks: Uint32Array, parts: number, program: AttentionProgram): Uint32Array {
  if (parts === 1) return blocks;
  const stored = Math.ceil(program.contextTokens / tokensOfBlock(program.pim));
  const units = new Uint32Array(blocks.length * parts);
  let count = 0;
  for (const block of blocks) {
    for (let unit = block * parts; unit < Math.min(stored, (block + 1) * parts); unit++) {
      units[count++] = unit;
    }
  }
  return units.slice(0, count);
}

function rowsOfPlaced(program: AttentionProgram): number {
  if (program.pim !== "bank") return 0;
  return program.headBlocks!.reduce((sum, blocks) => sum + rowsOfBlocks(program, blocks), 0);
}

/** What cycles and commands of a step follow from, as far as its sizes tell. */
function featuresOf(program: AttentionProgram): number[] {
  const kept = keptBlocks(program);
  const { keys, values } = expectedRows(program, kept);
  return [1, kept, Math.ceil(kept / 16), keys, values];
}

function quantitiesOf({ result, rowsOpened }: StepMemory): number[] {
  const { cycles, mac, softmax, mvgb, mvsb, wrgb } = result;
  return [cycles, mac, softmax, mvgb, mvsb, wrgb, rowsOpened];
}

function stepMemory(quantities: readonly number[]): StepMemory {
  const [cycles, mac, softmax, mvgb, mvsb, wrgb, rowsOpened] = quantities as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { result: { cycles, mac, softmax, mvgb, mvsb, wrgb }, rowsOpened };
}

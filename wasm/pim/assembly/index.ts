/** The memory with attention programs compiled in. */
import { configured } from "../../dram/assembly/configured";
import { programParameters } from "./program_arguments";
import { runAttention } from "./run_attention";
import { HeadBlocks } from "./shape";

export * from "../../dram/assembly/index";

/** Runs between collections of what they left behind. */
const RUNS_A_COLLECTION: i32 = 64;
let runs: i32 = 0;

let headEnds = new StaticArray<i32>(0);
let headBlocks = new StaticArray<i32>(0);

/** Makes room for the blocks that the heads of the next scattered program read. */
export function allocateBlocks(heads: i32, blocks: i32): void {
  headEnds = new StaticArray<i32>(heads);
  headBlocks = new StaticArray<i32>(blocks);
}

/** Where the index after each head's last block goes. */
export function headEndsBuffer(): usize {
  return changetype<usize>(headEnds);
}

/** Where the blocks go, head after head, ascending within a head. */
export function headBlocksBuffer(): usize {
  return changetype<usize>(headBlocks);
}

/**
 * Runs one program and returns its cycles; `accepted` then tells the counts.
 *
 * @param scattered whether heads read the blocks given before instead of the first tokens
 * @param inStep whether channels with equal commands are simulated once
 */
export function runProgram(
  pim: i32,
  heads: i32,
  headDim: i32,
  elementBytes: i32,
  contextTokens: i32,
  keptTokens: i32,
  partitionTokens: i32,
  rowTokens: i32,
  clustering: bool,
  oddTailPerStep: bool,
  ownSecondContext: bool,
  wholePartnerTraffic: bool,
  queries: i32,
  scoreOnly: bool,
  scattered: bool,
  inStep: bool,
): i64 {
  if (runs++ % RUNS_A_COLLECTION === 0) __collect();
  const parameters = programParameters(
    pim,
    heads,
    headDim,
    elementBytes,
    contextTokens,
    keptTokens,
    partitionTokens,
    rowTokens,
    clustering,
    oddTailPerStep,
    ownSecondContext,
    wholePartnerTraffic,
    queries,
    scoreOnly,
  );
  if (scattered) parameters.blocks = new HeadBlocks(headEnds, headBlocks);
  return runAttention(configured(), parameters, inStep);
}

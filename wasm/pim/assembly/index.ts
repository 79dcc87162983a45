/** The memory with attention programs compiled in. */
import { configured } from "../../dram/assembly/index";
import { channelGroups, emitProgram } from "./attention";
import { MemorySink } from "./memory_sink";
import { ProgramParameters, Shape } from "./shape";

export * from "../../dram/assembly/index";

/** Runs between collections of what they left behind. */
const RUNS_A_COLLECTION: i32 = 64;
let runs: i32 = 0;

/**
 * Runs one program and returns its cycles; `accepted` then tells the counts.
 *
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
  inStep: bool,
): i64 {
  if (runs++ % RUNS_A_COLLECTION === 0) __collect();
  const parameters = new ProgramParameters();
  parameters.pim = pim;
  parameters.heads = heads;
  parameters.headDim = headDim;
  parameters.elementBytes = elementBytes;
  parameters.contextTokens = contextTokens;
  parameters.keptTokens = keptTokens;
  parameters.partitionTokens = partitionTokens;
  parameters.rowTokens = rowTokens;
  parameters.clustering = clustering;
  parameters.oddTailPerStep = oddTailPerStep;
  const shape = new Shape(parameters);
  const memory = configured();
  memory.begin(inStep ? channelGroups(shape) : ~(<u64> 0));
  emitProgram(shape, new MemorySink(memory));
  return memory.finish();
}

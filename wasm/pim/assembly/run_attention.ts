/** One attention program in one memory. */
import { Memory } from "../../dram/assembly/memory";
import { channelGroups, emitProgram } from "./attention";
import { MemorySink } from "./memory_sink";
import { ProgramParameters, Shape } from "./shape";

/**
 * Runs a program in an idle memory and returns its cycles; the memory then tells the counts.
 *
 * @param inStep whether channels with equal commands are simulated once; the result is the same
 */
export function runAttention(memory: Memory, parameters: ProgramParameters, inStep: bool): i64 {
  const shape = new Shape(parameters);
  memory.begin(inStep ? channelGroups(shape) : ~(<u64> 0));
  emitProgram(shape, new MemorySink(memory));
  return memory.finish();
}

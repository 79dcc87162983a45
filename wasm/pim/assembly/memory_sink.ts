/** Runs a program's commands in a memory. */
import { Memory } from "../../dram/assembly/memory";
import { CommandSink } from "./command_sink";

export class MemorySink extends CommandSink {
  constructor(private memory: Memory) {
    super();
  }

  emit(kind: i32, address: u64, from: i32, to: i32): void {
    this.memory.send(kind, address, from, to);
  }

  /** Characters are no commands. */
  emitCharacters(_kind: i32, _address: u64, _channel: i32): void {
    unreachable();
  }
}

/** The one memory of a module. */
import { Memory } from "./memory";

let image = new StaticArray<i32>(0);
let memoryModel: Memory | null = null;

/** Makes room for a device image and returns where it goes. */
export function imageBuffer(words: i32): usize {
  image = new StaticArray<i32>(words);
  return changetype<usize>(image);
}

/** Builds the memory that the image describes. */
export function configure(): void {
  memoryModel = new Memory(image);
}

/** The memory, for programs that are compiled in. */
export function configured(): Memory {
  return <Memory> memoryModel;
}

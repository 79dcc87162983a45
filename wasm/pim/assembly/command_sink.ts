/** Where a program's commands go: into a memory, into text, into a count. */

/** Kinds of requests, in the order of the standard's request table. */
export const MAC_ALL_BANKS: i32 = 2;
export const MAC_SAME_BANK: i32 = 3;
export const MAC_PER_BANK: i32 = 4;
export const WRITE_GEMV_BUFFER: i32 = 5;
export const MOVE_TO_SOFTMAX: i32 = 6;
export const MOVE_TO_GEMV_BUFFER: i32 = 7;
export const SOFTMAX: i32 = 8;
export const BARRIER: i32 = 11;

export abstract class CommandSink {
  /**
   * Takes one command for each channel from `from` up to `to`, in that order.
   *
   * @param address byte address within a channel
   */
  abstract emit(kind: i32, address: u64, from: i32, to: i32): void;

  /** Takes a command written one character a line, as a trace of the reference can have it. */
  abstract emitCharacters(kind: i32, address: u64, channel: i32): void;
}

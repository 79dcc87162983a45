/**
 * Writes a program as the text trace of the reference: `PIM_MAC_AB 0x00000020`, a line a command.
 *
 * The host gives `flush`, which takes the text as it is made.
 */
import { CHANNEL } from "./address_space";
import { emitProgram } from "./attention";
import { BARRIER, CommandSink } from "./command_sink";
import { programParameters } from "./program_arguments";
import { Shape } from "./shape";

declare function flush(pointer: usize, bytes: i32): void;

const BUFFER_BYTES: i32 = 1 << 16;
/** Room for the longest line: a word, ` 0x`, 16 digits and the end. */
const LINE_BYTES: i32 = 64;
const DIGITS_AT_LEAST: i32 = 8;

const NEW_LINE: u8 = 0x0a;
const words = new StaticArray<string>(BARRIER + 1);
words[2] = "PIM_MAC_AB 0x";
words[3] = "PIM_MAC_SB 0x";
words[4] = "PIM_MAC_PB 0x";
words[5] = "PIM_WR_GB 0x";
words[6] = "PIM_MV_SB 0x";
words[7] = "PIM_MV_GB 0x";
words[8] = "PIM_SFM 0x";
words[11] = "PIM_BARRIER 0x";

class TextSink extends CommandSink {
  private buffer: StaticArray<u8> = new StaticArray<u8>(BUFFER_BYTES);
  private line: StaticArray<u8> = new StaticArray<u8>(LINE_BYTES);
  private used: i32 = 0;

  emit(kind: i32, address: u64, from: i32, to: i32): void {
    for (let channel = from; channel < to; channel++) {
      const bytes = this.format(kind, address + <u64> channel * CHANNEL);
      for (let i = 0; i < bytes; i++) this.put(this.line[i]);
      this.put(NEW_LINE);
    }
  }

  emitCharacters(kind: i32, address: u64, channel: i32): void {
    const bytes = this.format(kind, address + <u64> channel * CHANNEL);
    for (let i = 0; i < bytes; i++) {
      this.put(this.line[i]);
      this.put(NEW_LINE);
    }
  }

  end(): void {
    if (this.used > 0) flush(changetype<usize>(this.buffer), this.used);
    this.used = 0;
  }

  private put(byte: u8): void {
    if (this.used === BUFFER_BYTES) this.end();
    this.buffer[this.used++] = byte;
  }

  /** Writes the command to `line` and returns its bytes. */
  private format(kind: i32, address: u64): i32 {
    const word = words[kind];
    let at = 0;
    for (; at < word.length; at++) this.line[at] = <u8> word.charCodeAt(at);
    const bits = 64 - <i32> clz(address);
    let digits = max(DIGITS_AT_LEAST, (bits + 3) / 4);
    while (digits-- > 0) {
      const digit = <u8> ((address >> (4 * digits)) & 15);
      this.line[at++] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    }
    return at;
  }
}

/** Writes a program. Parameters as `runProgram`'s in `index.ts`. */
export function writeProgram(
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
): void {
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
  parameters.clusterPairsAsWritten = true;
  const sink = new TextSink();
  emitProgram(new Shape(parameters), sink);
  sink.end();
}

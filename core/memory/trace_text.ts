/**
 * The reference's text traces: one request a line, a word and an address.
 *
 * @module
 */
import { buildModule } from "../../wasm/build.ts";
import type { TraceRequest } from "./engine.ts";
import type { AttentionProgram } from "./memory_model.ts";
import { programArguments } from "./program_runner.ts";

/** A line that is no request. */
export class TraceSyntaxError extends Error {
  override readonly name = "TraceSyntaxError";
}

const LINE = /^(\S+) (0[xX][0-9a-fA-F]+|\d+)$/;

/**
 * Reads requests.
 *
 * @param lines lines without their ends
 * @param words words that are requests of the memory
 * @param name what to call the text in a message, e.g. a file name
 * @param firstLine number of the first line in it
 * @throws {TraceSyntaxError} naming the first line that is no request
 *
 * @example
 * ```ts
 * import { readTrace } from "./trace_text.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const requests = readTrace(["PIM_MAC_AB 0x20"], ["PIM_MAC_AB"], "a.trace");
 * deepEqual([...requests], [{ op: "PIM_MAC_AB", address: 32 }]);
 * ```
 */
export function* readTrace(
  lines: Iterable<string>,
  words: readonly string[],
  name: string,
  firstLine = 1,
): Generator<TraceRequest> {
  const known = new Set(words);
  let number = firstLine - 1;
  for (const line of lines) {
    number++;
    const match = LINE.exec(line);
    const address = match ? Number(match[2]) : NaN;
    if (!match || !known.has(match[1]!) || !Number.isSafeInteger(address)) {
      throw new TraceSyntaxError(
        `${name} line ${number}: expected a request such as "PIM_MAC_AB 0x00000020" ` +
          `but found ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    yield { op: match[1]!, address };
  }
}

/**
 * Writes a program as the reference's generators do, byte for byte.
 *
 * The generator of two overlapped iterations with clustering writes lines of one character; so does
 * this, and no memory can run the text.
 *
 * @param write takes the text in pieces; a piece is only valid during the call
 */
export async function writeProgramText(
  program: AttentionProgram,
  write: (piece: Uint8Array) => void,
) {
  const { bytes } = await buildModule("pim/assembly/trace_text.ts", ["pim/assembly"]);
  const { instance } = await WebAssembly.instantiate(bytes, {
    trace_text: {
      flush: (pointer: number, length: number) =>
        write(new Uint8Array(memory.buffer, pointer, length)),
    },
  });
  const memory = instance.exports.memory as WebAssembly.Memory;
  const writeProgram = instance.exports.writeProgram as (...parameters: unknown[]) => void;
  writeProgram(...programArguments(program));
}

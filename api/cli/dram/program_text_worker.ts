/**
 * Makes the text of a program beside the thread that takes it.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { AttentionProgram } from "../../../core/memory/memory_model.ts";
import { writeProgramText } from "../../../core/memory/trace_text.ts";

/** What a worker is asked, once. */
export interface ProgramTextRequest {
  readonly program: AttentionProgram;
  /** Shared: how many pieces were taken. */
  readonly taken: Int32Array<SharedArrayBuffer>;
}

/** Pieces that may wait to be taken. */
const AHEAD = 16;

self.onmessage = async ({ data: { program, taken } }: MessageEvent<ProgramTextRequest>) => {
  let sent = 0;
  await writeProgramText(program, (piece) => {
    for (let seen = Atomics.load(taken, 0); sent - seen >= AHEAD; seen = Atomics.load(taken, 0)) {
      Atomics.wait(taken, 0, seen);
    }
    const copy = piece.slice();
    self.postMessage(copy, [copy.buffer]);
    sent++;
  });
  self.postMessage(null);
};

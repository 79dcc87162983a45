import type { AttentionProgram } from "../../../core/memory/memory_model.ts";
import type { ProgramTextRequest } from "./program_text_worker.ts";

/**
 * The text of a program in pieces, made by a worker that stays a few pieces ahead: this thread can
 * be interrupted, and no more than those pieces are in memory.
 */
export async function* programText(program: AttentionProgram): AsyncGenerator<Uint8Array> {
  const taken = new Int32Array(new SharedArrayBuffer(4));
  for await (const piece of piecesOf({ program, taken })) {
    yield piece;
    Atomics.add(taken, 0, 1);
    Atomics.notify(taken, 0);
  }
}

function piecesOf(request: ProgramTextRequest): ReadableStream<Uint8Array> {
  const url = new URL("./program_text_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  return new ReadableStream({
    start(controller) {
      worker.onmessage = ({ data }: MessageEvent<Uint8Array | null>) => {
        if (data) return controller.enqueue(data);
        worker.terminate();
        controller.close();
      };
      worker.onerror = (event) => {
        event.preventDefault();
        controller.error(new Error(`The text of a program could not be made: ${event.message}`));
      };
      worker.postMessage(request);
    },
    cancel: () => worker.terminate(),
  });
}

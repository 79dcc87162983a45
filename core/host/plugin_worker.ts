/**
 * The worker a plugin runs in. It is started without any permission, and what it evaluates besides
 * this project's code is the linker of one component.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { importLinker, InstanceTable } from "./instance_table.ts";
import { StopSignal } from "./stop_signal.ts";
import type { WorkerReply, WorkerRequest } from "./worker_messages.ts";

let table: InstanceTable | undefined;

async function answer(request: WorkerRequest): Promise<WorkerReply | null> {
  switch (request.ask) {
    case "load": {
      // The linker looks at process.env, which throws where there is no permission to read it.
      Reflect.set(globalThis, "process", undefined);
      const link = await importLinker(request.linker);
      table = new InstanceTable(
        { link, modules: request.modules },
        request.contract,
        request.limits,
        "copied",
        new StopSignal(request.limits.wallMsPerCall, request.stop, request.widerStop),
      );
      return { outcome: { kind: "ok", value: null, usage: { fuel: 0, memoryBytes: 0 } } };
    }
    case "instantiate":
      return { outcome: loaded().instantiate() };
    case "call":
      return {
        outcome: loaded().call(request.instance, request.name, request.values, request.self),
      };
    case "discard":
      loaded().discard(request.instance);
      return null;
  }
}

function loaded(): InstanceTable {
  if (table === undefined) throw new Error("Expected a component but none was loaded");
  return table;
}

self.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  let reply: WorkerReply | null;
  try {
    reply = await answer(data);
  } catch (error) {
    reply = { hostError: error instanceof Error ? error.stack ?? error.message : String(error) };
  }
  if (reply !== null) self.postMessage(reply, buffersOf(reply));
};

/** The buffers of the typed arrays in an answer: they are handed over instead of copied. */
function buffersOf(value: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (typeof value !== "object" || value === null) return found;
  if (ArrayBuffer.isView(value)) found.push(value.buffer as ArrayBuffer);
  else for (const inner of Object.values(value)) buffersOf(inner, found);
  return found;
}

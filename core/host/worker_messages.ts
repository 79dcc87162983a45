import type { Contract } from "../../wasm/sdk/generate/exports.ts";
import type { Limits } from "./limits.ts";
import type { Outcome } from "./outcome.ts";
import type { InstanceId } from "./plugin_runner.ts";

/** What the host asks of a worker. Each request but `discard` is answered once. */
export type WorkerRequest =
  | {
    readonly ask: "load";
    readonly linker: string;
    readonly modules: ReadonlyMap<string, WebAssembly.Module>;
    readonly contract: Contract;
    readonly limits: Limits;
    /** Of the signal that stops it while it computes. */
    readonly stop: SharedArrayBuffer;
    /** Of the signal that stops it with others, if there is one. */
    readonly widerStop: SharedArrayBuffer | undefined;
  }
  | { readonly ask: "instantiate" }
  | {
    readonly ask: "call";
    readonly instance: InstanceId;
    readonly name: string;
    readonly values: readonly unknown[];
    readonly self: number | undefined;
  }
  | { readonly ask: "discard"; readonly instance: InstanceId };

/** What a worker answers. */
export type WorkerReply =
  | { readonly outcome: Outcome<unknown, unknown> }
  /** The host's own code failed: a bug of this project, not of the plugin. */
  | { readonly hostError: string };

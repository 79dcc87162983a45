import type { Command, CommandKind } from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import type { TraceRequest } from "./engine.ts";

/** What the memory contract calls the words of a text trace. */
export const COMMAND_KINDS: Readonly<Record<string, CommandKind>> = {
  LD: "load",
  ST: "store",
  PIM_MAC_AB: "mac-all-bank",
  PIM_MAC_SB: "mac-same-bank",
  PIM_MAC_PB: "mac-per-bank",
  PIM_WR_GB: "write-gemv-buffer",
  PIM_MV_SB: "move-softmax-buffer",
  PIM_MV_GB: "move-gemv-buffer",
  PIM_SFM: "softmax",
  PIM_SET_MODEL: "set-model",
  PIM_SET_HEAD: "set-head",
  PIM_BARRIER: "barrier",
};

/**
 * A request of a text trace as the memory contract says it.
 *
 * @throws {RangeError} when there is no such request
 *
 * @example
 * ```ts
 * import { contractCommand } from "./contract_trace.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(contractCommand({ op: "PIM_SFM", address: 0 }), { kind: "softmax", address: 0 });
 * ```
 */
export function contractCommand({ op, address }: TraceRequest): Command {
  const kind = Object.hasOwn(COMMAND_KINDS, op) ? COMMAND_KINDS[op] : undefined;
  if (kind !== undefined) return { kind, address };
  throw new RangeError(
    `Expected one of ${Object.keys(COMMAND_KINDS).join(", ")} but found ${JSON.stringify(op)}`,
  );
}

import { MalformedBinaryError } from "../../wasm/binary/byte_reader.ts";
import { binaryKind } from "../../wasm/binary/sections.ts";
import { type PluginKind, readContract } from "../../wasm/sdk/contracts.ts";
import { admit } from "./admit.ts";
import { type ComponentOutline, readComponent } from "./component_binary.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { describeOutcome, type Refusal } from "./outcome.ts";
import { digestOf } from "./transpile.ts";

/** What can be said of a file without running it. */
export interface Inspection {
  readonly bytes: number;
  readonly sha256: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly coreModules: number;
  /** What it would be run as; else why it is refused. */
  readonly admitted: PluginKind | null;
  readonly refusal: Refusal | null;
  /** The refusal in words. */
  readonly why: string | null;
}

const KINDS: readonly PluginKind[] = ["policy", "memory"];

/**
 * What is in a file, and whether it would be run.
 *
 * @example
 * ```ts
 * import { inspectComponent } from "./inspect_component.ts";
 * import { equal } from "node:assert/strict";
 *
 * const { why } = inspectComponent(new TextEncoder().encode("no component"));
 * equal(why, "refused: not a WebAssembly component (no WebAssembly)");
 * ```
 */
export function inspectComponent(
  bytes: Uint8Array,
  limits: Limits = DEFAULT_LIMITS,
): Inspection {
  const { imports, exports, modules } = outlineOf(bytes);
  const contracts = KINDS.map((kind) => ({ kind, name: readContract(kind).qualifiedName }));
  const { kind, name } = contracts.find(({ name }) => exports.includes(name)) ?? contracts[0]!;
  const admission = admit(bytes, { exports: name, limits });
  const refusal = admission.admitted ? null : withContracts(admission.refusal, contracts);
  return {
    bytes: bytes.length,
    sha256: digestOf(bytes),
    imports,
    exports,
    coreModules: modules.length,
    admitted: admission.admitted ? kind : null,
    refusal,
    why: refusal && describeOutcome({ kind: "refused", refusal }),
  };
}

/** A file that exports no contract could have exported any. */
function withContracts(refusal: Refusal, contracts: readonly { readonly name: string }[]): Refusal {
  if (refusal.why !== "missing-export") return refusal;
  return { ...refusal, exports: contracts.map(({ name }) => name) };
}

function outlineOf(bytes: Uint8Array): ComponentOutline {
  const nothing = { imports: [], exports: [], modules: [] };
  if (binaryKind(bytes) !== "component") return nothing;
  try {
    return readComponent(bytes);
  } catch (error) {
    if (error instanceof MalformedBinaryError) return nothing;
    throw error;
  }
}

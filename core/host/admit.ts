import { MalformedBinaryError } from "../../wasm/binary/byte_reader.ts";
import { binaryKind } from "../../wasm/binary/sections.ts";
import { type ComponentOutline, readComponent } from "./component_binary.ts";
import { ForbiddenFeatureError } from "./instrument/instructions.ts";
import { instrumentModule, ModuleLimitError, PAGE_BYTES } from "./instrument/instrument_module.ts";
import type { Limits } from "./limits.ts";
import type { Refusal } from "./outcome.ts";

/** What a file may be. */
export interface AdmissionRules {
  /** Interface it must export: `"kvpim:policy/policy@0.1.0"`. It may import nothing. */
  readonly exports: string;
  readonly limits: Limits;
}

/** Whether a file may be run, and why not. */
export type Admission =
  | { readonly admitted: true; readonly outline: ComponentOutline }
  | { readonly admitted: false; readonly refusal: Refusal };

/** Thrown by what goes on only with an admitted file. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(readonly refusal: Refusal) {
    super(refusal.why);
  }
}

/**
 * Decides whether a file may be run: a component of bearable size that imports nothing, exports the
 * contract, and whose core modules use nothing that differs between machines.
 */
export function admit(bytes: Uint8Array, { exports, limits }: AdmissionRules): Admission {
  const refuse = (refusal: Refusal): Admission => ({ admitted: false, refusal });
  if (bytes.length > limits.fileBytes) {
    return refuse({ why: "too-large", bytes: bytes.length, limit: limits.fileBytes });
  }
  const kind = binaryKind(bytes);
  if (kind === "module") return refuse({ why: "core-module" });
  if (kind === "unknown") return refuse({ why: "not-a-component", detail: "no WebAssembly" });
  try {
    const outline = readComponent(bytes);
    if (outline.imports.length > 0) {
      return refuse({ why: "forbidden-import", imports: outline.imports });
    }
    if (!outline.exports.includes(exports)) {
      return refuse({ why: "missing-export", exports: [exports] });
    }
    for (const module of outline.modules) checkModule(module, limits);
    return { admitted: true, outline };
  } catch (error) {
    return refuse(refusalOf(error));
  }
}

/** Validates a core module, then instruments it for show: that reads every instruction. */
function checkModule(module: Uint8Array, limits: Limits): void {
  if (!WebAssembly.validate(new Uint8Array(module))) {
    throw new MalformedBinaryError("a core module that does not validate");
  }
  instrumentModule(module, moduleLimits(limits), { fuel: true, canonicalNaN: true });
}

/** The part of the limits that concerns a core module. */
export function moduleLimits({ memoryBytes, tableEntries }: Limits) {
  return { memoryPages: Math.floor(memoryBytes / PAGE_BYTES), tableEntries };
}

/**
 * The refusal an error of reading or instrumenting stands for.
 *
 * @throws the error itself if it is none of those
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  if (error instanceof ForbiddenFeatureError) {
    return { why: "forbidden-feature", feature: error.message };
  }
  if (error instanceof ModuleLimitError) return { why: "starts-too-large", detail: error.message };
  if (error instanceof MalformedBinaryError) {
    return { why: "not-a-component", detail: error.message };
  }
  throw error;
}

import { createHash } from "node:crypto";
import { type AdmissionRules, admit, moduleLimits, RefusedError } from "./admit.ts";
import { instrumentModule } from "./instrument/instrument_module.ts";
import type { Instrumentation } from "./instrument/function_rewriter.ts";

/** A component taken apart: its core modules, instrumented, and JavaScript that links them. */
export interface LinkableComponent {
  /** SHA-256 of the component file, in hex. */
  readonly digest: string;
  /** An ES module that exports `instantiate(getCoreModule, imports, instantiateCore)`. */
  readonly linker: string;
  /** Core modules by the name the linker asks for. */
  readonly modules: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * Version of everything that decides what {@linkcode transpile} makes of a file; part of the key of
 * its cache. Raise it when the instrumentation changes.
 */
export const TRANSPILER_VERSION = "jco 1.35.0, kvpim 2";

/** SHA-256 in hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Admits a component, takes it apart with jco and instruments its core modules.
 *
 * @throws {RefusedError} if it is not admitted
 * @throws {Error} jco's, if the component does not validate
 */
export async function transpile(
  component: Uint8Array,
  rules: AdmissionRules,
  what: Instrumentation,
): Promise<LinkableComponent> {
  const admission = admit(component, rules);
  if (!admission.admitted) throw new RefusedError(admission.refusal);
  // Loaded only when needed: what is kept from an earlier time needs no transpiler.
  const { generate } = await import("@bytecodealliance/jco/component");
  const { files } = await generate(component, {
    name: "plugin",
    instantiation: { tag: "sync" },
    noTypescript: true,
    noNodejsCompat: true,
    noNamespacedExports: true,
    tlaCompat: false,
    base64Cutoff: 0,
  });
  const modules = new Map<string, Uint8Array<ArrayBuffer>>();
  let linker = "";
  for (const [name, bytes] of files) {
    if (name.endsWith(".wasm")) {
      modules.set(name, instrumentModule(bytes, moduleLimits(rules.limits), what));
    } else if (name.endsWith(".js")) {
      linker = new TextDecoder().decode(bytes);
    }
  }
  return { digest: digestOf(component), linker, modules };
}

import { createHash } from "node:crypto";
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import { moduleLimits } from "./admit.ts";
import { instrumentModule } from "./instrument/instrument_module.ts";
import type { Instrumentation } from "./instrument/function_rewriter.ts";
import type { Limits } from "./limits.ts";

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
export const TRANSPILER_VERSION = "jco-transpile 0.15.0, kvpim 1";

/** SHA-256 in hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Takes an admitted component apart with jco and instruments its core modules.
 *
 * @throws {Error} jco's, if the component does not validate
 */
export async function transpile(
  component: Uint8Array,
  limits: Limits,
  what: Instrumentation,
): Promise<LinkableComponent> {
  await $init;
  const { files } = generate(component, {
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
      modules.set(name, instrumentModule(bytes, moduleLimits(limits), what));
    } else if (name.endsWith(".js")) {
      linker = new TextDecoder().decode(bytes);
    }
  }
  return { digest: digestOf(component), linker, modules };
}

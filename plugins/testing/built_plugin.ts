/**
 * For tests and benchmarks only: a plugin of this repository, built and ready to run.
 *
 * @module
 */
import { ComponentInstance } from "../../core/host/component_instance.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/host/limits.ts";
import { transpile } from "../../core/host/transpile.ts";
import { unwrap } from "../../core/host/outcome.ts";
import { buildPlugin } from "../../wasm/sdk/build.ts";
import { readContract } from "../../wasm/sdk/contracts.ts";
import { cached } from "./build_cache.ts";

/** Makes fresh instances of a plugin. */
export type Instantiate = () => ComponentInstance;

/** How to run it. */
export interface BuiltOptions {
  /** Whether fuel is counted. Default true. */
  readonly metering?: boolean;
  readonly limits?: Limits;
}

/** Builds the plugin of a folder beside this one, e.g. `"quest"`. */
export async function builtPlugin(
  name: string,
  { metering = true, limits = DEFAULT_LIMITS }: BuiltOptions = {},
): Promise<Instantiate> {
  const component = await cached(name, async () => {
    const { component } = await buildPlugin(new URL(`../${name}/`, import.meta.url));
    return component;
  });
  const { linker, modules } = await transpile(component, limits, {
    fuel: metering,
    canonicalNaN: true,
  });
  const url = URL.createObjectURL(new Blob([linker], { type: "text/javascript" }));
  const { instantiate: link } = await import(url);
  URL.revokeObjectURL(url);
  const compiled = new Map<string, WebAssembly.Module>();
  for (const [file, bytes] of modules) compiled.set(file, await WebAssembly.compile(bytes));
  const contract = readContract("policy");
  return () => unwrap(ComponentInstance.instantiate({ link, modules: compiled }, contract, limits));
}

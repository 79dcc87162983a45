/**
 * For tests and benchmarks only: a plugin of this repository, built and ready to run.
 *
 * @module
 */
import { type LoadOptions, loadPolicy, type Policy, unwrap } from "../../core/host/mod.ts";
import { transpiledPlugins } from "../../core/host/transpiled_plugins.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";

/** Builds the policy of a folder beside this one, e.g. `"quest"`, and runs it on this thread. */
export async function builtPolicy(name: string, options: LoadOptions = {}): Promise<Policy> {
  const component = await builtComponent(new URL(`../${name}/`, import.meta.url));
  return unwrap(
    await loadPolicy(component, { isolation: "none", cache: transpiledPlugins, ...options }),
  );
}

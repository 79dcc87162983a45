/**
 * For tests and benchmarks only: a plugin of this repository, built and ready to run.
 *
 * @module
 */
import { type LoadOptions, loadPolicy, type Policy, unwrap } from "../../core/host/mod.ts";
import { buildPlugin } from "../../wasm/sdk/build.ts";
import { cached } from "../../wasm/sdk/build_cache.ts";

/** Builds the policy of a folder beside this one, e.g. `"quest"`, and runs it on this thread. */
export async function builtPolicy(name: string, options: LoadOptions = {}): Promise<Policy> {
  const component = await cached(name, async () => {
    const built = await buildPlugin(new URL(`../${name}/`, import.meta.url));
    return built.component;
  });
  return unwrap(await loadPolicy(component, { isolation: "none", ...options }));
}

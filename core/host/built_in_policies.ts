/**
 * The policies that come with this repository.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { cached } from "../../wasm/sdk/build_cache.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";

const PLUGINS = new URL("../../plugins/", import.meta.url);

/** Their names, sorted. */
export function builtInPolicies(): string[] {
  return readdirSync(PLUGINS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isBuiltInPolicy(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Whether a name is one of them. */
export function isBuiltInPolicy(name: string): boolean {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return false;
  const folder = new URL(`${name}/`, PLUGINS);
  return existsSync(new URL("plugin.json", folder)) && readPluginManifest(folder).kind === "policy";
}

/**
 * The component of one of them, built where it is not yet.
 *
 * @throws {CompileError} when it does not build here: one in C needs clang
 */
export function builtInComponent(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return cached(name, async () => {
    // The compilers are loaded only where one is built.
    const { buildPlugin } = await import("../../wasm/sdk/build.ts");
    return (await buildPlugin(new URL(`${name}/`, PLUGINS))).component;
  });
}

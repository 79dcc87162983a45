/**
 * The policies that come with this repository.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";

const PLUGINS = new URL("../../plugins/", import.meta.url);

/** Their names, sorted. */
export function builtInPolicies(): string[] {
  return readdirSync(PLUGINS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isBuiltInPolicy(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Those whose builds give the same bytes every time; a TypeScript engine's snapshot does not. */
export function reproduciblePolicies(): string[] {
  return builtInPolicies().filter((name) =>
    readPluginManifest(new URL(`${name}/`, PLUGINS)).lang !== "ts"
  );
}

/** Whether a name is one of them. */
export function isBuiltInPolicy(name: string): boolean {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return false;
  const folder = new URL(`${name}/`, PLUGINS);
  return existsSync(new URL("plugin.json", folder)) && readPluginManifest(folder).kind === "policy";
}

/**
 * The component of a plugin of this repository, built where it is not yet.
 *
 * @throws {CompileError} when it does not build here: one in C needs clang
 */
export function builtInPlugin(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return builtComponent(new URL(`${name}/`, PLUGINS));
}

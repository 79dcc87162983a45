import { componentEmbed, componentNew } from "@bytecodealliance/jco";
import { compileAssemblyScript } from "./compile_assemblyscript.ts";
import { compileC } from "./compile_c.ts";
import { compileTypeScript } from "./compile_typescript.ts";
import { readContract, type SourcedContract } from "./contracts.ts";
import { entryOf, type PluginManifest, readPluginManifest } from "./plugin_manifest.ts";

/** A plugin as it is loaded, and what its folder says about it. */
export interface BuiltPlugin {
  readonly manifest: PluginManifest;
  /**
   * The component. The same source gives the same bytes every time, unless it is TypeScript: the
   * snapshot of a JavaScript engine differs from build to build.
   */
  readonly component: Uint8Array<ArrayBuffer>;
}

/**
 * Builds the plugin of a folder.
 *
 * @param directory The folder of `plugin.json`, ending in a slash
 * @throws {PluginManifestError} for a bad `plugin.json`
 * @throws {CompileError} for source that does not compile
 */
export async function buildPlugin(directory: URL): Promise<BuiltPlugin> {
  const manifest = readPluginManifest(directory);
  const contract = readContract(manifest.kind, manifest.wit);
  const entry = entryOf(directory, manifest);
  return { manifest, component: await compile(manifest, contract, entry) };
}

async function compile(
  manifest: PluginManifest,
  contract: SourcedContract,
  entry: URL,
): Promise<Uint8Array<ArrayBuffer>> {
  switch (manifest.lang) {
    case "as":
      return componentFromCore(await compileAssemblyScript(contract, entry, manifest), contract);
    case "c":
      return componentFromCore(await compileC(contract, entry), contract);
    case "ts":
      return await compileTypeScript(contract, entry);
  }
}

/** Wraps a core module that exports a contract's canonical functions as a component. */
export async function componentFromCore(
  core: Uint8Array,
  { source, world }: SourcedContract,
): Promise<Uint8Array<ArrayBuffer>> {
  const embedded = await componentEmbed({ binary: core, witSource: source, world });
  return new Uint8Array(await componentNew(embedded, []));
}

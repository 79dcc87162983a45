/**
 * From a plugin's name or path to a policy or memory model ready to run.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  builtInPolicies,
  DEFAULT_LIMITS,
  loadMemory,
  type MemoryPlugin,
  readComponent,
  unwrap,
} from "../../../core/host/mod.ts";
import {
  builtInComponent,
  builtInMemories,
  type BuiltInMemoryName,
} from "../../../core/memory/built_in_memories.ts";
import { MalformedBinaryError } from "../../../wasm/binary/byte_reader.ts";
import { type PluginKind, readContract } from "../../../wasm/sdk/contracts.ts";
import { readPluginManifest } from "../../../wasm/sdk/plugin_manifest.ts";
import type { Description } from "../../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { componentAt } from "../component_source.ts";
import { naming, type OpenPolicy, openPolicy } from "../policy/open_policy.ts";
import type { PolicyChoice } from "../policy/policy_choice.ts";
import { UserError } from "../user_error.ts";
import { nearest } from "../values.ts";

/** What a plugin argument takes, for help. */
export const PLUGIN_SYNTAX = `
A plugin is the name of a built-in one (a folder of plugins), the path of a component (.wasm) or of a
plugin's folder. A policy's parameters follow after colons: quest:page-tokens=32.`;

/** A memory model that is loaded; every call gets a fresh instance. */
export interface OpenMemoryPlugin extends Disposable {
  readonly choice: PolicyChoice;
  readonly memory: MemoryPlugin;
  readonly description: Description;
}

/** A policy or a memory model that is loaded. */
export type OpenPlugin = OpenPolicy | OpenMemoryPlugin;

/** Whether it is a memory model. */
export function isMemory(opened: OpenPlugin): opened is OpenMemoryPlugin {
  return "memory" in opened;
}

/**
 * Loads a plugin of either kind. Those of this repository run on this thread without metering; a
 * stranger's has a worker without permissions, and limits.
 *
 * @throws {UserError} when there is none, it does not build or is refused, or a parameter is wrong
 */
export function openPlugin(choice: PolicyChoice): Promise<OpenPlugin> {
  return naming(
    choice.label,
    async () => await kindOf(choice.source) === "memory" ? openMemory(choice) : openPolicy(choice),
  );
}

/**
 * What a plugin says it is. A file that says nothing sensible counts as a policy, and is then refused
 * as one.
 *
 * @throws {UserError} when there is no such plugin
 * @throws {PluginManifestError} when a folder's `plugin.json` is absent or wrong
 */
export async function kindOf(source: string): Promise<PluginKind> {
  if (isBuiltInMemory(source)) return "memory";
  const policies = builtInPolicies();
  if (policies.includes(source)) return "policy";
  if (!existsSync(source)) throw unknown(source, policies);
  if (isFolder(source)) return readPluginManifest(folderUrl(source)).kind;
  const bytes = (await componentAt(source))!;
  return exportsOf(bytes).includes(readContract("memory").qualifiedName) ? "memory" : "policy";
}

/** Whether it is the name of a plugin of this repository. */
export function isBuiltIn(source: string): boolean {
  return isBuiltInMemory(source) || builtInPolicies().includes(source);
}

/** Whether there is a folder at a path. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A folder's URL, which ends with a slash. */
function folderUrl(path: string): URL {
  return pathToFileURL(join(resolve(path), "/"));
}

function exportsOf(bytes: Uint8Array): readonly string[] {
  if (bytes.length > DEFAULT_LIMITS.fileBytes) return [];
  try {
    return readComponent(bytes).exports;
  } catch (error) {
    if (error instanceof MalformedBinaryError) return [];
    throw error;
  }
}

async function openMemory(choice: PolicyChoice): Promise<OpenMemoryPlugin> {
  const [parameter] = Object.keys(choice.parameters);
  if (parameter !== undefined) {
    throw new UserError(`expected no parameters for a memory model but found ${parameter}`);
  }
  const { source } = choice;
  const memory = isBuiltInMemory(source)
    ? unwrap(
      await loadMemory(await builtInComponent(source), { isolation: "none", metering: false }),
    )
    : unwrap(await loadMemory((await componentAt(source))!));
  try {
    const description = unwrap(await memory.describe());
    return { choice, memory, description, [Symbol.dispose]: () => memory.close() };
  } catch (error) {
    memory.close();
    throw error;
  }
}

function isBuiltInMemory(name: string): name is BuiltInMemoryName {
  return Object.hasOwn(builtInMemories, name);
}

function unknown(source: string, policies: readonly string[]): UserError {
  const names = [...policies, ...Object.keys(builtInMemories)];
  const hint = nearest(source, names);
  return new UserError(
    `expected one of ${names.join(", ")}, or the path of a component or folder, but found ` +
      JSON.stringify(source) + (hint === undefined ? "" : `; did you mean ${hint}?`),
  );
}

/**
 * The memory models that come with this repository: components of its `plugins` folder, run by the
 * same host as anyone's.
 *
 * @module
 */
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { transpiledPlugins } from "../host/transpiled_plugins.ts";
import type { PimLevel } from "./memory_model.ts";
import { PluginMemory, type PluginMemoryOptions } from "./plugin_memory.ts";

const PLUGINS = new URL("../../plugins/", import.meta.url);

/** A memory model of this repository. */
interface BuiltInMemory {
  readonly title: string;
  /** Where its GEMV units sit. */
  readonly level: PimLevel;
}

/** The table, by the names of their folders. */
export const builtInMemories = {
  "hbm3-pim-bank": {
    title: "HBM3 at 5.2 Gb/s with a GEMV unit beside every bank, to the cycle",
    level: "bank",
  },
  "hbm3-pim-bankgroup": {
    title: "HBM3 at 5.2 Gb/s with a GEMV unit in every bank group, to the cycle",
    level: "bankgroup",
  },
  "hbm3-pim-buffer": {
    title: "HBM3 at 5.2 Gb/s with GEMV units in the buffer die, to the cycle",
    level: "buffer",
  },
  "hbm3-jedec-bank": {
    title: "HBM3 at 6.4 Gb/s, timings of JESD238, with a GEMV unit beside every bank",
    level: "bank",
  },
} as const satisfies Record<string, BuiltInMemory>;

/** Name of a memory model of this repository. */
export type BuiltInMemoryName = keyof typeof builtInMemories;

/**
 * The memory a placement of units gets where none is named.
 *
 * @example
 * ```ts
 * import { defaultMemory } from "./built_in_memories.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(defaultMemory("bankgroup"), "hbm3-pim-bankgroup");
 * ```
 */
export function defaultMemory(level: PimLevel): `hbm3-pim-${PimLevel}` {
  return `hbm3-pim-${level}`;
}

/** The component of a memory model of this repository, built now or before. */
export function builtInComponent(name: BuiltInMemoryName): Promise<Uint8Array<ArrayBuffer>> {
  return builtComponent(new URL(`${name}/`, PLUGINS));
}

/** Loads a memory model of this repository. */
export async function openBuiltInMemory(
  name: BuiltInMemoryName,
  options: Omit<PluginMemoryOptions, "trusted" | "cache" | "label"> = {},
): Promise<PluginMemory> {
  return await PluginMemory.open(await builtInComponent(name), {
    ...options,
    trusted: true,
    cache: transpiledPlugins,
    label: name,
  });
}

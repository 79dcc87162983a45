/**
 * The memory model of a command, and the results kept from earlier runs.
 *
 * @module
 */
import type { Command } from "commander";
import { homedir } from "node:os";
import { join } from "node:path";
import { TranspileCache } from "../../core/host/transpile_cache.ts";
import {
  builtInMemories,
  type BuiltInMemoryName,
  defaultMemory,
  openBuiltInMemory,
} from "../../core/memory/built_in_memories.ts";
import { MemoryByLevel } from "../../core/memory/memory_by_level.ts";
import type { MemoryModel, PimLevel } from "../../core/memory/memory_model.ts";
import { PluginMemory, type PluginMemoryOptions } from "../../core/memory/plugin_memory.ts";
import { RememberingMemory } from "../../core/memory/remembering_memory.ts";
import { ResultStore, ResultStoreError } from "../../core/memory/result_store.ts";
import { componentAt } from "./component_source.ts";
import { checkedOption } from "./option.ts";
import type { Surroundings } from "./surroundings.ts";
import { lowerFirst, UserError } from "./user_error.ts";
import { nearest, wholeNumber } from "./values.ts";

/** Values of the options {@linkcode addMemoryOptions} adds. */
export interface MemoryOptions {
  /** A folder, `false` for none; `undefined` leaves it to the environment. */
  readonly cache?: string | false;
  readonly workers?: number;
}

/** Values of the options {@linkcode addMemoryChoice} adds. */
export interface MemoryChoice extends MemoryOptions {
  /** A built-in memory's name, or the path of a component or of a plugin's folder. */
  readonly memory?: string;
}

/** Adds what chooses a memory model, and {@linkcode addMemoryOptions}. */
export function addMemoryChoice(command: Command): Command {
  return addMemoryOptions(
    command.option(
      "--memory <name|path>",
      `a memory model: ${Object.keys(builtInMemories).join(", ")}, or the path of a component or ` +
        "of a plugin's folder (default: hbm3-pim with its units where --pim says)",
    ),
  );
}

/** Adds what chooses where memory results are kept and how many threads simulate. */
export function addMemoryOptions(command: Command): Command {
  return command
    .option(
      "--cache <folder>",
      "where memory results are kept between runs (default: $KVPIM_CACHE, else the user's cache " +
        "folder)",
    )
    .option("--no-cache", "keep no memory results and use none")
    .addOption(
      checkedOption(
        "--workers <threads>",
        "threads that simulate (default: one a core)",
        wholeNumber(1, 256),
      ),
    );
}

/** A memory to be disposed of after use. */
export interface OpenMemory extends Disposable {
  readonly memory: MemoryModel;
}

/**
 * Opens the memory.
 *
 * @param levels where GEMV units sit in the programs it will be asked for
 * @throws {UserError} when the cache cannot be used, or there is no such memory
 */
export async function openMemory(
  { cache, workers, memory }: MemoryChoice,
  env: Surroundings["env"],
  levels: Iterable<PimLevel>,
): Promise<OpenMemory> {
  const folder = folderOf(cache, env);
  using opened = new DisposableStack();
  const store = folder === undefined ? undefined : opened.use(openStore(folder));
  const options = workers === undefined ? {} : { workers };
  const remembering = (simulator: PluginMemory): MemoryModel => {
    opened.use(simulator);
    return store ? new RememberingMemory(simulator, store) : simulator;
  };
  const model = memory === undefined
    ? await memoryOfLevels(new Set(levels), (name) => openBuiltInMemory(name, options), remembering)
    : remembering(await namedMemory(memory, options, folder));
  const kept = opened.move();
  return { memory: model, [Symbol.dispose]: () => kept.dispose() };
}

/** The built-in memory of each level. */
async function memoryOfLevels(
  levels: ReadonlySet<PimLevel>,
  open: (name: BuiltInMemoryName) => Promise<PluginMemory>,
  remembering: (simulator: PluginMemory) => MemoryModel,
): Promise<MemoryModel> {
  const memories = new Map<PimLevel, MemoryModel>();
  for (const level of levels) memories.set(level, remembering(await open(defaultMemory(level))));
  const [only] = memories.values();
  return memories.size === 1 ? only! : new MemoryByLevel(memories);
}

/**
 * Opens the memory of a name or path, whose results are not kept.
 *
 * @throws {UserError} when there is no such memory
 */
export async function openNamedMemory(
  name: string,
  { cache }: Pick<MemoryOptions, "cache">,
  env: Surroundings["env"],
): Promise<PluginMemory> {
  return await namedMemory(name, { workers: 1 }, folderOf(cache, env));
}

function folderOf(cache: MemoryOptions["cache"], env: Surroundings["env"]): string | undefined {
  return cache === false ? undefined : cache ?? cacheFolder(env);
}

/** A component of others has a worker without permissions, and limits. */
async function namedMemory(
  name: string,
  options: PluginMemoryOptions,
  folder: string | undefined,
): Promise<PluginMemory> {
  if (isBuiltIn(name)) return await openBuiltInMemory(name, options);
  const component = await componentAt(name);
  if (component === undefined) throw unknownMemory(name);
  const cache = new TranspileCache(folder === undefined ? null : join(folder, "transpiled"));
  return await PluginMemory.open(component, { ...options, cache, label: name });
}

function isBuiltIn(name: string): name is BuiltInMemoryName {
  return Object.hasOwn(builtInMemories, name);
}

function unknownMemory(name: string): UserError {
  const names = Object.keys(builtInMemories);
  const hint = nearest(name, names);
  return new UserError(
    `--memory: expected one of ${names.join(", ")}, or the path of a component, but found ` +
      JSON.stringify(name) + (hint === undefined ? "" : `; did you mean ${hint}?`),
  );
}

function openStore(folder: string): ResultStore {
  try {
    return ResultStore.open(folder);
  } catch (error) {
    if (!(error instanceof ResultStoreError)) throw error;
    throw new UserError(`--cache: ${lowerFirst(error.message)}; --no-cache does without`);
  }
}

/**
 * The folder results are kept in where no option names one.
 *
 * @example
 * ```ts
 * import { cacheFolder } from "./memory_access.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(cacheFolder((name) => name === "KVPIM_CACHE" ? "results" : undefined), "results");
 * ```
 */
export function cacheFolder(env: Surroundings["env"], os: string = Deno.build.os): string {
  const chosen = env("KVPIM_CACHE");
  if (chosen) return chosen;
  switch (os) {
    case "windows":
      return join(env("LOCALAPPDATA") || join(homedir(), "AppData", "Local"), "kvpim", "cache");
    case "darwin":
      return join(homedir(), "Library", "Caches", "kvpim");
    default:
      return join(env("XDG_CACHE_HOME") || join(homedir(), ".cache"), "kvpim");
  }
}

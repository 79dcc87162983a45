/**
 * The memory model of a command: the built-in one, and the results kept from earlier runs.
 *
 * @module
 */
import type { Command } from "commander";
import { homedir } from "node:os";
import { join } from "node:path";
import { Hbm3PimMemory } from "../../core/memory/hbm3_pim.ts";
import type { MemoryModel } from "../../core/memory/memory_model.ts";
import { RememberingMemory } from "../../core/memory/remembering_memory.ts";
import { ResultStore, ResultStoreError } from "../../core/memory/result_store.ts";
import { checkedOption } from "./option.ts";
import type { Surroundings } from "./surroundings.ts";
import { lowerFirst, UserError } from "./user_error.ts";
import { wholeNumber } from "./values.ts";

/** Values of the options {@linkcode addMemoryOptions} adds. */
export interface MemoryOptions {
  /** A folder, `false` for none; `undefined` leaves it to the environment. */
  readonly cache?: string | false;
  readonly workers?: number;
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
 * @throws {UserError} when the cache cannot be used
 */
export async function openMemory(
  { cache, workers }: MemoryOptions,
  env: Surroundings["env"],
): Promise<OpenMemory> {
  const store = cache === false ? undefined : openStore(cache ?? cacheFolder(env));
  const simulator = await Hbm3PimMemory.open(workers === undefined ? {} : { workers });
  return {
    memory: store ? new RememberingMemory(simulator, store) : simulator,
    [Symbol.dispose]() {
      simulator[Symbol.dispose]();
      store?.[Symbol.dispose]();
    },
  };
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

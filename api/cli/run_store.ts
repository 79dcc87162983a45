/**
 * The store of runs that a command works with.
 *
 * @module
 */
import type { Command } from "commander";
import { homedir } from "node:os";
import { join } from "node:path";
import { ResultStore } from "../../core/memory/result_store.ts";
import { RunService, type RunServiceOptions } from "../../core/run/run_service.ts";
import { addMemoryOptions, cacheFolder, type MemoryOptions } from "./memory_access.ts";
import type { Surroundings } from "./surroundings.ts";

/** Values of the options {@linkcode addStoreOptions} adds. */
export interface StoreOptions extends MemoryOptions {
  readonly store?: string;
}

/** Adds what chooses the store, where memory results are kept, and how many runs go on at a time. */
export function addStoreOptions(command: Command): Command {
  return addMemoryOptions(command.option(
    "--store <folder>",
    "where runs are kept (default: $KVPIM_STORE, else the user's data folder)",
  ));
}

/**
 * Opens the store.
 *
 * @throws {StoreError} when it cannot be used
 * @throws {ResultStoreError} when memory results cannot be kept
 */
export async function openRuns(
  { store, cache, workers }: StoreOptions,
  { env, err }: Surroundings,
  others: Partial<RunServiceOptions> = {},
): Promise<RunService> {
  const results = cache === false ? undefined : cache ?? cacheFolder(env);
  // Opened once here, so that what is wrong with it is said before anything runs.
  if (results !== undefined) ResultStore.open(results)[Symbol.dispose]();
  return await RunService.open({
    folder: store ?? storeFolder(env),
    ...results !== undefined && { cache: results },
    ...workers !== undefined && { width: workers },
    onFault: (fault) => err(`kvpim: ${fault instanceof Error ? fault.message : String(fault)}\n`),
    ...others,
  });
}

/**
 * The folder runs are kept in where no option names one.
 *
 * @example
 * ```ts
 * import { storeFolder } from "./run_store.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(storeFolder((name) => name === "KVPIM_STORE" ? "runs" : undefined), "runs");
 * ```
 */
export function storeFolder(env: Surroundings["env"], os: string = Deno.build.os): string {
  const chosen = env("KVPIM_STORE");
  if (chosen) return chosen;
  switch (os) {
    case "windows":
      return join(env("LOCALAPPDATA") || join(homedir(), "AppData", "Local"), "kvpim", "runs");
    case "darwin":
      return join(homedir(), "Library", "Application Support", "kvpim");
    default:
      return join(env("XDG_DATA_HOME") || join(homedir(), ".local", "share"), "kvpim");
  }
}

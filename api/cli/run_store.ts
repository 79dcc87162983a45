/**
 * The store of runs that a command works with.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ResultStore } from "../../core/memory/result_store.ts";
import { RunService, type RunServiceOptions } from "../../core/run/run_service.ts";
import { addMemoryOptions, cacheFolder, type MemoryOptions } from "./memory_access.ts";
import type { Surroundings } from "./surroundings.ts";
import { UserError } from "./user_error.ts";

/** Values of the options {@linkcode addStoreOptions} adds. */
export interface StoreOptions extends MemoryOptions {
  readonly store?: string;
  readonly models?: string;
}

/** Adds what chooses the store, where memory results are kept, and how many runs go on at a time. */
export function addStoreOptions(command: Command): Command {
  return addMemoryOptions(
    command
      .option(
        "--store <folder>",
        "where runs are kept (default: $KVPIM_STORE, else the user's data folder)",
      )
      .addOption(modelsOption()),
  );
}

/** The option that says which checkpoints runs can name. */
export function modelsOption(): Option {
  return new Option(
    "--models <folder>",
    "folder whose folders are checkpoints that runs can name (default: $KVPIM_MODELS, else none)",
  );
}

/**
 * The folder of checkpoints that runs can name, if there is one.
 *
 * @throws {UserError} when it is none
 */
export function modelsFolder(
  { models }: Pick<StoreOptions, "models">,
  env: Surroundings["env"],
): string | undefined {
  const folder = models ?? (env("KVPIM_MODELS") || undefined);
  if (folder === undefined) return undefined;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new UserError(`--models: expected a folder but found ${folder}`);
}

/**
 * Opens the store.
 *
 * @throws {StoreError} when it cannot be used
 * @throws {ResultStoreError} when memory results cannot be kept
 */
export async function openRuns(
  options: StoreOptions,
  surroundings: Surroundings,
  others: Partial<RunServiceOptions> = {},
): Promise<RunService> {
  const { store, cache, workers } = options;
  const { env } = surroundings;
  const results = resultFolder(cache, env);
  const models = modelsFolder(options, env);
  return await RunService.open({
    folder: store ?? storeFolder(env),
    ...results !== undefined && { cache: results },
    ...models !== undefined && { models },
    ...workers !== undefined && { width: workers },
    onFault: (fault) => tellFault(fault, surroundings),
    ...others,
  });
}

/** Says what went wrong in the program, on lines of its own. */
export function tellFault(fault: unknown, { err }: Surroundings) {
  err(`kvpim: ${fault instanceof Error ? fault.message : String(fault)}\n`);
}

/**
 * The folder where memory results are kept, if they are. It is opened once, so that what is wrong
 * with it is said before anything runs.
 *
 * @throws {ResultStoreError} when it cannot be used
 */
export function resultFolder(
  cache: MemoryOptions["cache"],
  env: Surroundings["env"],
): string | undefined {
  if (cache === false) return undefined;
  const folder = cache ?? cacheFolder(env);
  ResultStore.open(folder)[Symbol.dispose]();
  return folder;
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

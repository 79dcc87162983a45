/**
 * Doing something again whenever a plugin's folder changes.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DisagreementError } from "../disagreement_error.ts";
import { isMistake, lineOfMistake } from "../mistake.ts";
import type { Surroundings } from "../surroundings.ts";
import { isBuiltIn, isFolder } from "./open_plugin.ts";

/** Time without a change after which one is over: editors write a file in several steps. */
const QUIET_MS = 100;

/** The folder of a plugin, by its path or the name of a built-in one; nothing for a file. */
export function folderOf(source: string): string | undefined {
  if (isBuiltIn(source)) {
    return fileURLToPath(new URL(`../../../plugins/${source}`, import.meta.url));
  }
  return isFolder(source) ? resolve(source) : undefined;
}

/**
 * Runs a round now and after every change of a source file, until the process is interrupted. What
 * goes wrong in a round is a line; the next change begins the next one.
 *
 * @param round given a signal, at which it ends before its next step
 */
export async function watchFolder(
  folder: string,
  round: (signal: AbortSignal) => Promise<void>,
  { err }: Surroundings,
): Promise<void> {
  // Before the first round, so that a change in its time is not lost.
  using changes = new FolderChanges(folder);
  while (!changes.ended.aborted) {
    try {
      await round(changes.ended);
    } catch (error) {
      if (changes.ended.aborted) break;
      if (!isMistake(error) && !(error instanceof DisagreementError)) throw error;
      err(`kvpim: ${lineOfMistake(error)}\n`);
    }
    if (changes.ended.aborted) break;
    err(`watching ${folder}; Ctrl-C ends\n`);
    const changed = await changes.next();
    if (changed.length > 0) err(`\n${changed.join(", ")} changed\n`);
  }
}

/** Changes of a folder's source files, until the process is interrupted. */
class FolderChanges implements Disposable {
  readonly #interruption = new AbortController();
  readonly #watcher: Deno.FsWatcher;
  readonly #changed = new Set<string>();
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #wake: () => void = () => {};
  readonly #interrupt = () => this.#interruption.abort();

  constructor(folder: string) {
    this.#watcher = Deno.watchFs(folder);
    Deno.addSignalListener("SIGINT", this.#interrupt);
    this.ended.addEventListener("abort", () => this.#wake());
    this.#collect();
  }

  /** Aborted once the process is interrupted. */
  get ended(): AbortSignal {
    return this.#interruption.signal;
  }

  /** Waits for changes to be over; names of the files, none where the process is interrupted. */
  async next(): Promise<string[]> {
    while (!this.ended.aborted && (this.#changed.size === 0 || this.#quiet !== undefined)) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const names = [...this.#changed].sort();
    this.#changed.clear();
    return this.ended.aborted ? [] : names;
  }

  async #collect() {
    for await (const { kind, paths } of this.#watcher) {
      const names = paths.map((path) => basename(path)).filter(isSource);
      if (kind === "access" || kind === "other" || names.length === 0) continue;
      for (const name of names) this.#changed.add(name);
      clearTimeout(this.#quiet);
      this.#quiet = setTimeout(() => {
        this.#quiet = undefined;
        this.#wake();
      }, QUIET_MS);
    }
  }

  [Symbol.dispose]() {
    clearTimeout(this.#quiet);
    this.#watcher.close();
    Deno.removeSignalListener("SIGINT", this.#interrupt);
  }
}

/** Not what a build or an editor leaves beside the sources. */
function isSource(name: string): boolean {
  return !/^[.#]|~$|\.(wasm|swp|partial)$/.test(name);
}

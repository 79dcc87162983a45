import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "../make_folder.ts";

/**
 * The perplexity after each token, a number a line, as it comes. Until it is complete it lies beside
 * its place, so that a run that is interrupted leaves what an earlier one left: `PATH.partial` then
 * says how far it came. A run that fails leaves nothing.
 *
 * @example
 * ```ts
 * import { RunningLog } from "./running_log.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * using log = new RunningLog(`${folder}/log.txt`);
 * log.add(12.5);
 * log.add(12.25);
 * log.commit();
 * equal(Deno.readTextFileSync(`${folder}/log.txt`), "12.5\n12.25\n");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class RunningLog implements Disposable {
  readonly #path: string;
  readonly #partial: string;
  #open = false;

  constructor(path: string) {
    this.#path = path;
    this.#partial = `${path}.partial`;
  }

  /**
   * Adds a line. Nothing is there before the first: by then the text is known to fit.
   *
   * @throws {EvaluationInputError} if the folder cannot be made
   */
  add(perplexity: number) {
    if (!this.#open) {
      makeFolder(dirname(this.#path));
      writeFileSync(this.#partial, "");
      this.#open = true;
    }
    appendFileSync(this.#partial, `${perplexity}\n`);
  }

  /** Puts all lines in their place. */
  commit() {
    renameSync(this.#partial, this.#path);
    this.#open = false;
  }

  /** Drops what was not committed. */
  [Symbol.dispose]() {
    if (this.#open) rmSync(this.#partial);
    this.#open = false;
  }
}

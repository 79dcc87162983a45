import { dirname } from "node:path";
import { makeFolder } from "../../files/make_folder.ts";
import { WholeFile } from "../../files/whole_file.ts";
import { EvaluationInputError } from "../input_error.ts";
import { unwritableFile } from "../write_whole.ts";

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
  #file: WholeFile | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Adds a line. Nothing is there before the first: by then the text is known to fit.
   *
   * @throws {EvaluationInputError} if the file cannot be written, or its folder not be made
   */
  add(perplexity: number) {
    if (!this.#file) makeFolder(dirname(this.#path), EvaluationInputError);
    this.#writing(() => {
      this.#file ??= new WholeFile(this.#path, { writer: "" });
      this.#file.write(`${perplexity}\n`);
    });
  }

  /**
   * Puts all lines in their place.
   *
   * @throws {EvaluationInputError} if that cannot be done
   */
  commit() {
    this.#writing(() => this.#file?.commit());
  }

  /** Drops what was not committed. */
  [Symbol.dispose]() {
    this.#file?.[Symbol.dispose]();
  }

  #writing(action: () => void) {
    try {
      action();
    } catch (error) {
      throw unwritableFile(this.#path, error);
    }
  }
}

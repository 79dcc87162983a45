/**
 * Checkpoints that a run can name: the one of this repository and those of a folder that whoever
 * runs the service chose. A run names a model, never a path.
 *
 * @module
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkpointDigest } from "../eval/checkpoint_digest.ts";
import { EvaluationInputError } from "../eval/input_error.ts";
import { errorCode } from "../files/error_words.ts";
import { accessFile } from "../llm/access_file.ts";
import { CheckpointError } from "../llm/checkpoint_error.ts";
import { readModelConfig } from "../llm/model_config.ts";
import { tinyLlama } from "../llm/tiny_llama.ts";
import type { WeightFormat } from "../llm/onnx/linear.ts";
import { openWeights } from "../llm/weights.ts";

/** Name of the model of this repository. */
const TINY_MODEL = "tiny-llama";

/** What a name may be: one folder, not hidden, nothing that leads elsewhere. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What a run needs to know of a model before it is loaded. */
export interface KnownModel {
  readonly name: string;
  /** SHA-256 of its files and of how its weights are held. */
  readonly digest: string;
  readonly layers: number;
  /** The most tokens a sequence may have. */
  readonly contextTokens: number;
}

/** A model that cannot be used, in words for one who may not know where its folder lies. */
export class UnusableModelError extends RangeError {
  override readonly name = "UnusableModelError";
}

/**
 * Does something with the files of a model.
 *
 * @throws {UnusableModelError} what is wrong with them
 */
export async function withModelFiles<T>(
  directory: string,
  action: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CheckpointError || error instanceof EvaluationInputError)) throw error;
    throw new UnusableModelError(error.message.replaceAll(join(dirname(directory), "/"), ""));
  }
}

/** Models by name. */
export class ModelFolder {
  /** Where they are, if there is such a folder. */
  readonly folder: string | undefined;
  /** Digests by what tells whether files changed: hashing gigabytes takes minutes. */
  readonly #digests = new Map<string, Promise<string>>();

  /** @param folder whose folders are checkpoints in the layout of Hugging Face; default: none */
  constructor(folder?: string) {
    this.folder = folder;
  }

  /** Names of those that can be read now, the model of this repository first. */
  names(): string[] {
    const names = this.#given().filter((name) => name !== TINY_MODEL && this.#isReadable(name));
    return [TINY_MODEL, ...names.sort()];
  }

  /** What the folder holds now; nothing where it is gone. */
  #given(): string[] {
    if (this.folder === undefined) return [];
    try {
      return readdirSync(this.folder);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return [];
    }
  }

  #isReadable(name: string): boolean {
    const directory = this.directoryOf(name);
    if (directory === undefined) return false;
    try {
      readModelConfig(directory);
      return true;
    } catch (error) {
      if (error instanceof CheckpointError) return false;
      throw error;
    }
  }

  /** Where a model is, if there is one of that name. */
  directoryOf(name: string): string | undefined {
    if (name === TINY_MODEL) return tinyLlama;
    if (this.folder === undefined || !NAME.test(name)) return undefined;
    const directory = join(this.folder, name);
    return existsSync(join(directory, "config.json")) ? directory : undefined;
  }

  /**
   * A model by its name, if there is one.
   *
   * @throws {UnusableModelError} when it is damaged, incomplete or not supported
   */
  async find(name: string, format: WeightFormat): Promise<KnownModel | undefined> {
    const directory = this.directoryOf(name);
    if (directory === undefined) return undefined;
    return await withModelFiles(directory, async () => {
      const { layers, maximumPositions } = readModelConfig(directory);
      const digest = await this.#digestOf(directory, format);
      return { name, digest, layers, contextTokens: maximumPositions };
    });
  }

  async #digestOf(directory: string, format: WeightFormat): Promise<string> {
    const files = accessFile(directory, () => readdirSync(directory)).sort().map((name) => {
      const path = join(directory, name);
      const { size, mtimeMs } = accessFile(path, () => statSync(path));
      return [name, size, mtimeMs];
    });
    const key = JSON.stringify([directory, format, files]);
    let digest = this.#digests.get(key);
    if (!digest) {
      // What lacks its weights is told before the minutes that hashing takes.
      openWeights(directory)[Symbol.dispose]();
      digest = checkpointDigest(directory, { format });
      this.#digests.set(key, digest);
      digest.catch(() => this.#digests.delete(key));
    }
    return await digest;
  }
}

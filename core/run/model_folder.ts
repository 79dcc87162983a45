/**
 * Checkpoints that a run can name: the one of this repository and those of a folder that whoever
 * runs the service chose. A run names a model, never a path.
 *
 * @module
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkpointDigest } from "../eval/checkpoint_digest.ts";
import { readModelConfig } from "../llm/model_config.ts";
import { tinyLlama } from "../llm/tiny_llama.ts";
import type { WeightFormat } from "../llm/onnx/linear.ts";

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

  /** Names, the model of this repository first. */
  names(): string[] {
    const given = this.folder === undefined ? [] : readdirSync(this.folder);
    const names = given.filter((name) => name !== TINY_MODEL && this.directoryOf(name));
    return [TINY_MODEL, ...names.sort()];
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
   * @throws {CheckpointError} when it is damaged or not supported
   */
  async find(name: string, format: WeightFormat): Promise<KnownModel | undefined> {
    const directory = this.directoryOf(name);
    if (directory === undefined) return undefined;
    const { layers, maximumPositions } = readModelConfig(directory);
    const digest = await this.#digestOf(directory, format);
    return { name, digest, layers, contextTokens: maximumPositions };
  }

  #digestOf(directory: string, format: WeightFormat): Promise<string> {
    const files = readdirSync(directory).sort().map((name) => {
      const { size, mtimeMs } = statSync(join(directory, name));
      return [name, size, mtimeMs];
    });
    const key = JSON.stringify([directory, format, files]);
    let digest = this.#digests.get(key);
    if (!digest) {
      digest = checkpointDigest(directory, { format });
      this.#digests.set(key, digest);
      digest.catch(() => this.#digests.delete(key));
    }
    return digest;
  }
}

import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CheckpointError } from "../llm/checkpoint_error.ts";
import { LanguageModel as DecodingModel, type ModelOptions } from "../llm/language_model.ts";
import { TextTokenizer } from "../llm/tokenizer.ts";
import { digestFile, digestText } from "./digest.ts";

/** A checkpoint that is loaded, and what results need to know of it. */
export interface Checkpoint extends AsyncDisposable {
  /** Name of its folder: results and chat forms go by it. */
  readonly name: string;
  /** SHA-256 of the names and contents of its files and of how it was loaded. */
  readonly digest: string;
  readonly model: DecodingModel;
  readonly tokenizer: TextTokenizer;
}

/** Files that a model's output depends on. */
const DETERMINING = /\.(json|model|safetensors|bin|jinja)$/;

/**
 * Loads a checkpoint directory.
 *
 * @throws {CheckpointError} when it is damaged, incomplete or not supported
 */
export async function openCheckpoint(
  directory: string,
  options: ModelOptions = {},
): Promise<Checkpoint> {
  const model = await DecodingModel.open(directory, options);
  try {
    return {
      name: basename(resolve(directory)),
      digest: await checkpointDigest(directory, options),
      model,
      tokenizer: TextTokenizer.open(directory, model.config),
      [Symbol.asyncDispose]: () => model.close(),
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/**
 * SHA-256 of the names and contents of a checkpoint's files and of how it is loaded.
 *
 * @throws {CheckpointError} when there is no such directory
 */
export async function checkpointDigest(
  directory: string,
  { format = "fp32" }: Pick<ModelOptions, "format"> = {},
): Promise<string> {
  const lines = [`weights as ${format}`];
  for (const name of filesOf(directory)) {
    lines.push(`${name} ${await digestFile(join(directory, name))}`);
  }
  return digestText(lines.join("\n"));
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => DETERMINING.test(name)).sort();
  } catch {
    throw new CheckpointError(directory, "", "a folder", "none that can be read");
  }
}

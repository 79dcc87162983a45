import { basename, resolve } from "node:path";
import { LanguageModel, type ModelOptions } from "../llm/language_model.ts";
import { TextTokenizer } from "../llm/tokenizer.ts";
import { checkpointDigest } from "./checkpoint_digest.ts";

/** A checkpoint that is loaded, and what results need to know of it. */
export interface Checkpoint extends AsyncDisposable {
  /** Name of its folder: results and chat forms go by it. */
  readonly name: string;
  /** SHA-256 of the names and contents of its files and of how it was loaded. */
  readonly digest: string;
  readonly model: LanguageModel;
  readonly tokenizer: TextTokenizer;
}

/**
 * Loads a checkpoint directory.
 *
 * @throws {CheckpointError} when it is damaged, incomplete or not supported
 */
export async function openCheckpoint(
  directory: string,
  options: ModelOptions = {},
): Promise<Checkpoint> {
  const model = await LanguageModel.open(directory, options);
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

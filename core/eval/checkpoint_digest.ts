import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../llm/checkpoint_error.ts";
import type { ModelOptions } from "../llm/language_model.ts";
import { digestFile, digestText } from "./digest.ts";

/** Files that a model's output depends on. */
const DETERMINING = /\.(json|model|safetensors|bin|jinja)$/;

/**
 * SHA-256 of the names and contents of a checkpoint's files and of how it is loaded.
 *
 * @throws {CheckpointError} when there is no such directory
 */
export async function checkpointDigest(
  directory: string,
  { format = "fp32", provider = "cpu" }: Pick<ModelOptions, "format" | "provider"> = {},
): Promise<string> {
  const lines = [`weights as ${format}, multiplied by ${provider}`];
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

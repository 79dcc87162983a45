/**
 * The prompts of a call, as texts and as tokens.
 *
 * @module
 */
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { EvaluationInputError } from "../../../core/eval/input_error.ts";
import { readText } from "../../../core/eval/read_text.ts";
import { UserError } from "../user_error.ts";
import type { PromptOptions } from "./options.ts";

/** A prompt as it is given, with the option that gives it. */
export interface GivenText {
  readonly text: string;
  /** For messages. */
  readonly from: string;
}

/** A prompt as the model reads it. */
export interface Prompt {
  /** What messages and traces call it. */
  readonly name: string;
  /** In its chat form, where that was asked for. */
  readonly text: string;
  /** At least one. */
  readonly tokens: readonly number[];
}

/**
 * The texts that options give: `--prompt`, then `--prompt-file` without the line ending at its end,
 * which editors put there, then `--prompt-lines`, whose blank lines are passed over.
 *
 * @throws {UserError} when there is none, or a file cannot be read or is not UTF-8
 */
export function readPrompts(
  { prompt = [], promptFile = [], promptLines = [] }: PromptOptions,
): GivenText[] {
  const texts = [
    ...prompt.map((text) => ({ text, from: "--prompt" })),
    ...promptFile.map((path) => ({
      text: textOf("--prompt-file", path).replace(/\r?\n$/, ""),
      from: `--prompt-file ${path}`,
    })),
    ...promptLines.flatMap((path) => linesOf(path)),
  ];
  if (texts.length > 0) return texts;
  throw new UserError(
    promptLines.length > 0
      ? `--prompt-lines: expected a line with a prompt in ${promptLines.join(", ")} but found none`
      : "expected --prompt, --prompt-file or --prompt-lines but found none",
  );
}

/** Lines of a file that are prompts. */
function linesOf(path: string): GivenText[] {
  return textOf("--prompt-lines", path).split(/\r?\n/)
    .map((text, i) => ({ text, from: `--prompt-lines ${path} line ${i + 1}` }))
    .filter(({ text }) => text.trim() !== "");
}

function textOf(option: string, path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (!(error instanceof EvaluationInputError)) throw error;
    throw new UserError(`${option}: ${error.message}`);
  }
}

/**
 * Prompts as tokens.
 *
 * @throws {UserError} when one is empty or longer than the model's context
 * @throws {CheckpointError} when a chat form is asked for that the model does not have
 */
export function encodePrompts(
  texts: readonly GivenText[],
  { name: modelName, model, tokenizer }: Checkpoint,
  chat: boolean,
): Prompt[] {
  const most = model.config.maximumPositions;
  return texts.map(({ text: given, from }, i) => {
    const text = chat ? tokenizer.chatPrompt(given) : given;
    // A chat template writes out the special tokens itself.
    const tokens = tokenizer.encode(text, { special: !chat });
    if (tokens.length >= 1 && tokens.length <= most) {
      return { name: `prompt ${i + 1}`, text, tokens };
    }
    throw new UserError(
      `prompt ${
        i + 1
      } (${from}): expected 1 to ${most} tokens, as ${modelName} holds no more, but found ` +
        tokens.length,
    );
  });
}

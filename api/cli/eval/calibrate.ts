/**
 * `kvpim eval calibrate`: what some policies have to know of a model beforehand.
 *
 * @module
 */
import { Command, Option } from "commander";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { digestText } from "../../../core/eval/digest.ts";
import { readText } from "../../../core/eval/read_text.ts";
import { calibrate } from "../../../core/llm/calibration/calibrate.ts";
import { writeSafetensors } from "../../../core/llm/write_safetensors.ts";
import { checkedOption } from "../option.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { wholeNumber } from "../values.ts";
import { addCheckpointOptions, checkpointOf, type CheckpointOptions, tokens } from "./options.ts";
import { EXCERPT } from "./ppl.ts";

interface CalibrateOptions extends CheckpointOptions {
  readonly text: string;
  readonly start?: number;
  readonly tokens: number;
  readonly window: number;
  readonly output: string;
}

/** Behind what evaluations read of the excerpt: a policy is not to know the text beforehand. */
const EXCERPT_START = 4096;

const DETAILS = `
Reads --tokens tokens of the text in windows of --window, each a text of its own, and writes for every
layer what the policies of this repository that ask for it are calibrated to:
  loki             principal components of the keys
  double-sparsity  channels by the mean magnitude of query times key
  infinigen        skewing matrices, from singular vectors of the queries
as a safetensors file with the tensors POLICY.layers.N. A policy of yours is handed the bytes of the
tensors that have its name. Take another text than the one that is evaluated.

Example:
  kvpim eval calibrate --output calibration.safetensors
  kvpim eval ppl --policy full,loki,double-sparsity,infinigen --calibration calibration.safetensors`;

/** The command. */
export function calibrateCommand(surroundings: Surroundings): Command {
  const command = new Command("calibrate")
    .description("Find what loki, double-sparsity and infinigen have to know of a model.");
  return addCheckpointOptions(command)
    .addOption(new Option("--text <file>", "the text").default(EXCERPT, "an excerpt of Moby Dick"))
    .addOption(
      checkedOption(
        "--start <token>",
        `first token of the text that is read, from 0 (default: 0; ${EXCERPT_START} of the excerpt)`,
        wholeNumber(0, 2 ** 24),
      ),
    )
    .addOption(checkedOption("--tokens <count>", "tokens to read", tokens).default(4096))
    .addOption(checkedOption("--window <tokens>", "tokens of a window", tokens).default(512))
    .addOption(
      new Option("--output <file>", "where it goes").default("calibration.safetensors"),
    )
    .addHelpText("after", DETAILS)
    .action((options: CalibrateOptions) => calibrateModel(options, surroundings));
}

async function calibrateModel(options: CalibrateOptions, surroundings: Surroundings) {
  const { text: path, tokens, window, output } = options;
  requireOwnFile("--output", output, { "--text": path });
  OutputFile.check("--output", output);
  const text = readText(path);
  await using checkpoint = await checkpointOf(options);
  const windows = windowsOf(options, checkpoint, text);
  using progress = new Progress(surroundings, "calibrate", undefined, "windows");
  const tensors = await calibrate(checkpoint.model, {
    windows,
    onWindow: (done, total) => progress.update(done, total),
  });
  const file = writeSafetensors(tensors, {
    model: checkpoint.name,
    model_sha256: checkpoint.digest,
    text_sha256: digestText(text),
    start: String(startOf(options)),
    tokens: String(tokens),
    window: String(window),
  });
  writeFile("--output", output, file);
  const { layers } = checkpoint.model.config;
  surroundings.out(
    `${checkpoint.name}: ${tokens} tokens in ${windows.length} windows, ${layers} layers: ${output}\n`,
  );
}

function startOf({ start, text }: CalibrateOptions): number {
  return start ?? (text === EXCERPT ? EXCERPT_START : 0);
}

function windowsOf(options: CalibrateOptions, checkpoint: Checkpoint, text: string): number[][] {
  const { tokens, window } = options;
  const context = checkpoint.model.config.maximumPositions;
  if (window > context) {
    throw new UserError(
      `--window: expected at most ${context} tokens (the model's context) but found ${window}`,
    );
  }
  const start = startOf(options);
  const ids = checkpoint.tokenizer.encode(text, { special: false });
  if (ids.length < start + tokens) {
    throw new UserError(
      `${options.text}: expected at least ${start + tokens} tokens but found ${ids.length}`,
    );
  }
  return Array.from({ length: Math.ceil(tokens / window) }, (_, i) => {
    const begin = start + i * window;
    return ids.slice(begin, Math.min(begin + window, start + tokens));
  });
}

/**
 * `kvpim generate`: what a model writes under a policy.
 *
 * @module
 */
import { Command } from "commander";
import { addRows, noRows } from "../../../core/attention/row_totals.ts";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { type SettledPolicy, traceHeaderOf } from "../../../core/eval/checkpoint_model.ts";
import { meanRows } from "../../../core/eval/mean_rows.ts";
import { checkpointOf, decodingOf, settingsOf } from "../eval/options.ts";
import { checkTraceLists } from "../eval/trace_options.ts";
import { OutputFile } from "../output_file.ts";
import { requireOwnFile } from "../own_file.ts";
import { namingPlugin, openPolicy, settleOpenPolicy } from "../policy/open_policy.ts";
import { ONE_POLICY_SYNTAX } from "../policy/policy_choice.ts";
import { suffixedPath } from "../suffixed_path.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Continuations, continuePrompts } from "./continue_prompts.ts";
import { addGenerateOptions, type GenerateCliOptions, policyOf, samplingOf } from "./options.ts";
import { encodePrompts, readPrompts } from "./prompts.ts";
import { TextPrinter } from "./text_printer.ts";

const DETAILS = `
The prompt is read at once, with dense attention; what follows is decoded under the policy. Several
prompts are decoded together, each a sequence of its own: every one gets the text that it gets alone.
They are numbered in the order of --prompt, then --prompt-file, then --prompt-lines.
A text ends with one of the model's end tokens, with --max-new-tokens, or where the context is full.

Unless --temperature, --top-k, --top-p or --min-p says to draw, the likeliest token is taken, or
tokens are drawn where the model's generation_config.json says so, and as it says; of its settings,
temperature, top_k, top_p, min_p, typical_p and repetition_penalty are used, and a line names others
that would change the text. The same seed draws the same text.

Texts go to standard output as they come. One line on standard error then says how long it took and
what the policy read. The tiny model of this repository knows the look of English and little more.
${ONE_POLICY_SYNTAX}

Examples:
  kvpim generate --prompt "Call me Ishmael." --policy quest --budget 64
  kvpim generate --prompt "It was" --prompt "The whale" --temperature 0.8 --seed 7
  kvpim generate --model Llama-3.1-8B-Instruct --weights int8 --chat --prompt-file question.txt \\
    --policy starc --budget 1024 --trace answer.trace`;

/** The command. */
export function generateCommand(surroundings: Surroundings): Command {
  const command = new Command("generate")
    .description("Continue prompts under a policy.");
  return addGenerateOptions(command)
    .addHelpText("after", DETAILS)
    .action((options: GenerateCliOptions) => generate(options, surroundings));
}

async function generate(options: GenerateCliOptions, surroundings: Surroundings) {
  checkTraceLists(options);
  const policy = policyOf(options);
  const texts = readPrompts(options);
  const traces = tracePaths(options.trace, texts.length);
  const read = {
    "--prompt-file": options.promptFile,
    "--prompt-lines": options.promptLines,
    "--calibration": options.calibration,
  };
  for (const trace of traces ?? []) {
    requireOwnFile("--trace", trace, read);
    OutputFile.check("--trace", trace);
  }
  using opened = await openPolicy(policy, decodingOf(options));
  await using checkpoint = await checkpointOf(options);
  const settled = await settleOpenPolicy(
    opened,
    settingsOf(options),
    checkpoint.model.config.layers,
  );
  const prompts = encodePrompts(texts, checkpoint, options.chat ?? false);
  const out = traces ? untilClosed(surroundings.out) : surroundings.out;
  const printer = options.json ? undefined : new TextPrinter(out, prompts.length);
  const { generation } = checkpoint.model;
  const sampling = samplingOf(options, generation);
  const { maxNewTokens, seed, repetitionPenalty = generation.repetitionPenalty } = options;
  noteUnused(checkpoint, surroundings);
  const continued = await namingPlugin(policy, () =>
    continuePrompts(prompts, {
      checkpoint,
      settled,
      header: traceHeaderOf(checkpoint, settled, options.traceLists),
      traces,
      maxNewTokens,
      sampling,
      repetitionPenalty,
      seed,
      onText: (index, piece, last) => printer?.add(index, piece, last),
    }));
  if (options.json) {
    const usage = settled.metered && { usage: settled.metered.meter.usage };
    const choice = { sampling: sampling ?? null, repetitionPenalty, seed };
    const result = { ...identityOf(checkpoint, settled), ...choice, ...continued, ...usage };
    surroundings.out(`${JSON.stringify(result, null, 2)}\n`);
  }
  surroundings.err(`${checkpoint.name}, ${policy.label}: ${summaryOf(continued)}\n`);
}

/** Prints as long as somebody reads: the traces are wanted still. */
function untilClosed(out: Surroundings["out"]): Surroundings["out"] {
  let isClosed = false;
  return (text) => {
    if (isClosed) return;
    try {
      out(text);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      isClosed = true;
    }
  };
}

/** Names settings of the model's authors that this program does not know how to follow. */
function noteUnused({ name, model }: Checkpoint, { err }: Surroundings) {
  const { notUsed } = model.generation;
  if (notUsed.length === 0) return;
  err(`note: not used of ${name}'s generation_config.json: ${notUsed.join(", ")}\n`);
}

function identityOf({ name, digest }: Checkpoint, { identity, metered }: SettledPolicy) {
  const limits = metered && { limits: metered.limits };
  return { model: { name, digest }, policy: { ...identity, ...limits } };
}

/**
 * Where the trace of each prompt goes: the path given, with the prompt's number where there are
 * several.
 */
function tracePaths(path: string | undefined, prompts: number): string[] | undefined {
  if (path === undefined) return undefined;
  if (prompts === 1) return [path];
  return Array.from({ length: prompts }, (_, i) => suffixedPath(path, `${i + 1}`));
}

function summaryOf({ texts, promptSeconds, decodeSeconds }: Continuations): string {
  const sum = (of: (text: Continuations["texts"][number]) => number) =>
    texts.reduce((total, text) => total + of(text), 0);
  const written = sum(({ tokens }) => tokens.length);
  // The first of each text is the prompt's, not a decode step's.
  const steps = written - texts.length;
  const rate = steps === 0 ? "" : ` (${(steps / decodeSeconds).toFixed(1)} tokens/s)`;
  const rows = texts.map(({ rows }) => rows).reduce(addRows, noRows());
  const parts = [
    `${sum(({ promptTokens }) => promptTokens)} tokens read in ${seconds(promptSeconds)}`,
    `${written} written in ${seconds(decodeSeconds)}${rate}`,
    ...rows.selections === 0 ? [] : [rowsText(meanRows(rows))],
    ...texts.some(({ endedBy }) => endedBy === "context") ? ["the context is full"] : [],
  ];
  return parts.join("; ");
}

function rowsText({ keptTokens, placedRows16, sequentialRows16 }: ReturnType<typeof meanRows>) {
  return `a query head read ${keptTokens.toFixed(1)} tokens a step, in ${
    placedRows16.toFixed(1)
  } rows16 as placed (${sequentialRows16.toFixed(1)} in text order)`;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

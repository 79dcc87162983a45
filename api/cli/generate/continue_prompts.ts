/**
 * Continuing prompts together, each a sequence of its own.
 *
 * @module
 */
import type { RowTotals } from "../../../core/attention/row_totals.ts";
import type { TraceFile } from "../../../core/attention/trace_file.ts";
import type { TraceHeader } from "../../../core/attention/trace_format.ts";
import { TraceRecorder } from "../../../core/attention/trace_recorder.ts";
import type { Checkpoint } from "../../../core/eval/checkpoint.ts";
import { beginSequence, type SettledPolicy } from "../../../core/eval/checkpoint_model.ts";
import { type Continued, generateTogether } from "../../../core/llm/generate.ts";
import { SeededRandom } from "../../../core/llm/random.ts";
import { penalizingRepetition } from "../../../core/llm/repetition_penalty.ts";
import { greedy, type Sampler, sampler, type SamplingOptions } from "../../../core/llm/sampling.ts";
import type { Sequence } from "../../../core/llm/sequence.ts";
import { TextStream } from "../../../core/llm/text_stream.ts";
import { newTrace } from "../eval/trace_options.ts";
import type { Prompt } from "./prompts.ts";

/** How prompts are continued. */
interface ContinueOptions {
  readonly checkpoint: Checkpoint;
  readonly settled: SettledPolicy;
  /** What traces begin with. */
  readonly header: TraceHeader;
  /** Where the trace of each prompt goes; none are recorded unless stated. */
  readonly traces?: readonly string[] | undefined;
  readonly maxNewTokens: number;
  /** How tokens are drawn; the likeliest are taken unless stated. */
  readonly sampling?: SamplingOptions | undefined;
  /** What logits of tokens that came before are divided by, drawn or not; 1 unless stated. */
  readonly repetitionPenalty?: number;
  /** Each prompt's tokens are drawn from this seed, so that no prompt depends on the others. */
  readonly seed: number;
  /** Told each piece of text as it comes. */
  readonly onText: (index: number, piece: string, last: boolean) => void;
}

/** What came of a prompt. */
interface Continuation {
  readonly prompt: string;
  readonly promptTokens: number;
  readonly text: string;
  /** All that were chosen, the one that ended the text included. */
  readonly tokens: readonly number[];
  /** An end token, the count asked for, or the end of the model's context. */
  readonly endedBy: "end-token" | "count" | "context";
  /** Of all decode steps, over the heads of layers that are not dense. */
  readonly rows: RowTotals;
}

/** What came of all, and how long it took. */
export interface Continuations {
  readonly texts: readonly Continuation[];
  readonly promptSeconds: number;
  readonly decodeSeconds: number;
}

/** A sequence that has read its prompt. */
interface Begun extends Continued<Sequence> {
  readonly prompt: Prompt;
  readonly recorder: TraceRecorder;
  readonly file: TraceFile | undefined;
  readonly stream: TextStream;
  readonly tokens: number[];
  text: string;
}

/** Prompts whose keys and values are held at a time. */
const PROMPTS_AT_ONCE = 64;

/** Continues prompts, many at a time; none depends on the others. */
export async function continuePrompts(
  prompts: readonly Prompt[],
  options: ContinueOptions,
): Promise<Continuations> {
  const texts: Continuation[] = [];
  let [promptSeconds, decodeSeconds] = [0, 0];
  for (let first = 0; first < prompts.length; first += PROMPTS_AT_ONCE) {
    const some = prompts.slice(first, first + PROMPTS_AT_ONCE);
    const part = await continueTogether(some, first, options);
    texts.push(...part.texts);
    promptSeconds += part.promptSeconds;
    decodeSeconds += part.decodeSeconds;
  }
  return { texts, promptSeconds, decodeSeconds };
}

/**
 * Reads prompts one after the other, and continues them step by step together.
 *
 * @param first index of the first of them among all
 */
async function continueTogether(
  prompts: readonly Prompt[],
  first: number,
  options: ContinueOptions,
): Promise<Continuations> {
  const { model } = options.checkpoint;
  using opened = new DisposableStack();
  const start = performance.now();
  const batch: Begun[] = [];
  for (const [i, prompt] of prompts.entries()) {
    batch.push(await begin(prompt, first + i, options, opened));
  }
  const read = performance.now();
  const step = model.step.bind(model);
  for await (const { index, token, last } of generateTogether(step, batch)) {
    take(batch[index]!, first + index, token, last, options);
  }
  const end = performance.now();
  for (const { recorder, file } of batch) {
    recorder.endSample();
    file?.end();
  }
  return {
    texts: batch.map((begun) => continuationOf(begun, options)),
    promptSeconds: (read - start) / 1000,
    decodeSeconds: (end - read) / 1000,
  };
}

/** Begins a sequence and lets it read its prompt. */
async function begin(
  prompt: Prompt,
  index: number,
  options: ContinueOptions,
  opened: DisposableStack,
): Promise<Begun> {
  const { checkpoint, settled, header, traces } = options;
  const { model, tokenizer } = checkpoint;
  const length = prompt.tokens.length;
  // The last token that is generated is not read.
  const room = model.config.maximumPositions - length + 1;
  const maxNewTokens = Math.min(options.maxNewTokens, room);
  const file = traces && opened.use(newTrace(traces[index]!, header));
  const recorder = new TraceRecorder(header, file?.writer);
  recorder.beginSample(prompt.name);
  const sequence = opened.adopt(
    await beginSequence(checkpoint, settled, { recorder }, length + maxNewTokens - 1),
    (sequence) => sequence.close(),
  );
  return {
    sequence,
    logits: await sequence.prefill(prompt.tokens),
    maxNewTokens,
    endTokens: model.generation.endTokens,
    sampler: chooserOf(prompt.tokens, options),
    prompt,
    recorder,
    file,
    stream: new TextStream(tokenizer, prompt.tokens),
    tokens: [],
    text: "",
  };
}

/** What chooses a text's tokens. */
function chooserOf(
  prompt: readonly number[],
  { sampling, seed, repetitionPenalty = 1 }: ContinueOptions,
): Sampler {
  const choose = sampling ? sampler(new SeededRandom(seed), sampling) : greedy;
  return repetitionPenalty === 1 ? choose : penalizingRepetition(choose, repetitionPenalty, prompt);
}

/** Takes a token in, and tells its text: an end token is no part of that. */
function take(
  begun: Begun,
  index: number,
  token: number,
  last: boolean,
  { onText }: ContinueOptions,
) {
  const { tokens, stream, endTokens } = begun;
  tokens.push(token);
  let piece = endTokens?.includes(token) ? "" : stream.push(token);
  if (last) piece += stream.end();
  begun.text += piece;
  onText(index, piece, last);
}

function continuationOf(
  { prompt, text, tokens, endTokens, recorder }: Begun,
  { maxNewTokens }: ContinueOptions,
): Continuation {
  const ended = endTokens?.includes(tokens.at(-1)!);
  return {
    prompt: prompt.text,
    promptTokens: prompt.tokens.length,
    text,
    tokens,
    endedBy: ended ? "end-token" : tokens.length === maxNewTokens ? "count" : "context",
    rows: recorder.rows,
  };
}

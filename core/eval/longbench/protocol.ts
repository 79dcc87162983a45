/**
 * How a LongBench sample is put to a model. Which one is used decides what a sparse policy can lose,
 * so every result names it.
 *
 * @module
 */
import { generate } from "../../llm/generate.ts";
import { checkLength, tokensRead } from "../length_check.ts";
import type { DecodeSession, EvaluatedModel } from "../evaluated_model.ts";
import { splitQuestion } from "./prompt.ts";
import type { LongBenchTaskName } from "./tasks.ts";
import { longBenchTask } from "./tasks.ts";

/**
 * - `artifact`: the STARC artifact's. The prompt up to the question is read at once, the question
 *   (at most 100 characters) as decode steps under the policy, without its first token whatever that
 *   is; a stop token at the first place is passed over.
 * - `question-as-decode`: the same without the two defects: no token of the question is dropped, and
 *   a stop token at the first place stops.
 * - `official`: LongBench's. The whole prompt is read at once; only generation is under the policy.
 *   For samsum a line feed stops too, and one token is generated at least.
 */
export type LongBenchProtocol = "artifact" | "question-as-decode" | "official";

/** All protocols. */
export const LONGBENCH_PROTOCOLS = ["artifact", "question-as-decode", "official"] as const;

/** What a protocol needs to know of a task. */
export interface Question {
  readonly task: LongBenchTaskName;
  /** In its chat form. */
  readonly prompt: string;
  readonly maxGeneratedTokens: number;
  /**
   * Whether the prompt begins with the model's special tokens, as a chat template makes it.
   *
   * @default {false}
   */
  readonly complete?: boolean;
}

/** What came of a sample. */
export interface Answer {
  /** Without special tokens. */
  readonly text: string;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** Lets a model answer. */
export async function answer(
  model: EvaluatedModel,
  session: DecodeSession,
  question: Question,
  protocol: LongBenchProtocol,
): Promise<Answer> {
  const read = protocol === "official"
    ? await readWhole(model, session, question)
    : await readInTwo(model, session, question, protocol);
  const generated = await Array.fromAsync(generate(session, read.logits, {
    maxNewTokens: question.maxGeneratedTokens,
    ...stopping(model, question.task, protocol),
  }));
  return {
    text: model.tokenizer.decode(generated, { skipSpecial: true }),
    promptTokens: read.tokens,
    generatedTokens: generated.length,
  };
}

interface Read {
  readonly logits: Float32Array;
  readonly tokens: number;
}

async function readWhole(
  model: EvaluatedModel,
  session: DecodeSession,
  { prompt, maxGeneratedTokens, complete = false }: Question,
): Promise<Read> {
  const ids = model.tokenizer.encode(prompt, { special: !complete });
  checkLength(model, ids.length, maxGeneratedTokens);
  session.reserve?.(tokensRead(ids.length, maxGeneratedTokens));
  return { logits: await session.prefill(ids), tokens: ids.length };
}

async function readInTwo(
  model: EvaluatedModel,
  session: DecodeSession,
  { task, prompt, maxGeneratedTokens, complete = false }: Question,
  protocol: LongBenchProtocol,
): Promise<Read> {
  const { context, question } = splitQuestion(prompt, longBenchTask(task).questionAnchor);
  const { tokenizer } = model;
  const contextIds = tokenizer.encode(context, { special: !complete });
  const questionIds = question.trim() === ""
    ? []
    : protocol === "artifact"
    ? withoutFirst(tokenizer.encode(question, { special: true }))
    : tokenizer.encode(question, { special: false });
  session.reserve?.(tokensRead(contextIds.length + questionIds.length, maxGeneratedTokens));
  checkLength(model, contextIds.length + questionIds.length, maxGeneratedTokens);
  let logits = contextIds.length === 0 ? undefined : await session.prefill(contextIds);
  for (const id of questionIds) logits = await session.step(id);
  return { logits: logits!, tokens: contextIds.length + questionIds.length };
}

function withoutFirst(ids: readonly number[]): readonly number[] {
  return ids.length > 1 ? ids.slice(1) : ids;
}

function stopping(model: EvaluatedModel, task: LongBenchTaskName, protocol: LongBenchProtocol) {
  if (protocol === "artifact") {
    const endTokens = model.endOfText === undefined ? [] : [model.endOfText];
    return { endTokens, firstEnd: "ignored" } as const;
  }
  if (protocol === "official" && task === "samsum") {
    const lineFeed = model.tokenizer.encode("\n", { special: false }).at(-1);
    const endTokens = [model.endOfText, lineFeed].filter((id) => id !== undefined);
    return { endTokens, firstEnd: "barred" } as const;
  }
  return { endTokens: model.stopTokens, firstEnd: "ends" } as const;
}

/**
 * What an evaluation needs of a language model. A checkpoint decoded under a policy provides it, and
 * so does a fake in a test.
 *
 * @module
 */
import type { RowTotals } from "../attention/row_totals.ts";
import type { PolicyUsage } from "./policy_usage.ts";

/** Text to token ids and back. */
export interface EvaluationTokenizer {
  /**
   * Token ids of a text.
   *
   * @param special whether to add what the tokenizer puts around a text by default, e.g. a
   *   beginning-of-text token; special tokens written out in the text are recognised either way
   */
  encode(text: string, options: { special: boolean }): readonly number[];
  /** Text of token ids, special tokens left out where asked. */
  decode(ids: readonly number[], options: { skipSpecial: boolean }): string;
}

/** What one query head attended to, at one decode step of one layer that is not dense. */
export interface HeadAttention {
  /** Layer, from 0. */
  readonly layer: number;
  readonly queryHead: number;
  /** Tokens attended to, each once, in any order; none given where it was all. Valid in the call. */
  readonly kept: ArrayLike<number> | undefined;
  /**
   * The scaled query-key products of all tokens so far, evicted ones too; -Infinity where the model
   * itself does not look. Valid in the call.
   */
  readonly logits: Float32Array;
}

/** Told what decode steps attend to. Costs the exact scores of every token, so only where asked. */
export type AttentionObserver = (attended: HeadAttention) => void;

/** One sequence being read and continued. */
export interface DecodeSession extends AsyncDisposable {
  /**
   * Says how many tokens will be read at most, so that there need not be room for more; before any
   * is read. The model's whole context unless said.
   */
  reserve?(tokens: number): void;
  /**
   * Reads tokens at once, with dense attention; before any step, and only once. May be left out:
   * the first step then finds an empty cache.
   *
   * @returns logits after the last of them, one for each entry of the vocabulary, valid until the
   *   next call
   */
  prefill(ids: readonly number[]): Promise<Float32Array>;
  /** Reads one token as a decode step, under the policy. */
  step(id: number): Promise<Float32Array>;
  /** What decode steps touched so far; nothing where no policy is at work. */
  readonly rows?: RowTotals | undefined;
  /** What the policy used so far; nothing where it is not metered. */
  readonly usage?: PolicyUsage | undefined;
  /** Says that the sequence is complete: its part of a trace is then finished. */
  end(): void;
}

/** A model to evaluate. */
export interface EvaluatedModel {
  /** The name that results and chat forms go by, e.g. "Meta-Llama-3.1-8B-Instruct". */
  readonly name: string;
  /** SHA-256 digests of what determines its output: weights, policy component and so on. */
  readonly digests: Readonly<Record<string, string>>;
  /** The policy it runs under and its settings, as results should name them. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** The most tokens a sequence may have. */
  readonly contextTokens: number;
  readonly tokenizer: EvaluationTokenizer;
  /** The tokenizer's own end-of-text token. */
  readonly endOfText: number | undefined;
  /** All tokens that end a generation, as its generation settings say. */
  readonly stopTokens: readonly number[];
  /** A prompt in the form of its chat template, where it has one. */
  chat?(prompt: string): string;
  /**
   * Starts a sequence. Others are started only after it was disposed of.
   *
   * @param sample what the sequence is called in a trace
   * @param observer told what decode steps attend to
   */
  open(sample: string, observer?: AttentionObserver): Promise<DecodeSession>;
}

import type { TraceRecorder } from "../attention/trace_recorder.ts";
import type { AttentionObserver, DecodeSession, EvaluatedModel } from "./evaluated_model.ts";
import type { UsageMeter } from "./policy_usage.ts";

/** A sequence as a decoder gives it. */
export interface DecoderSequence {
  prefill(ids: readonly number[]): Promise<Float32Array>;
  step(id: number): Promise<Float32Array>;
  /** Lets go of what the sequence holds. */
  close(): void;
}

/** Who watches a sequence. */
export interface SequenceObservers {
  /** Takes the policy's decisions, if rows are counted. */
  readonly recorder: Pick<TraceRecorder, "onSelection" | "onUpdate"> | undefined;
  /** Takes exact attention scores, if recall is measured. */
  readonly attention: AttentionObserver | undefined;
}

/** A decoder and what evaluations need to know of it. */
interface RecordedModelOptions extends Omit<EvaluatedModel, "open"> {
  /** Starts a sequence that reports to these observers, with room for so many tokens if stated. */
  readonly sequence: (observers: SequenceObservers, tokens?: number) => Promise<DecoderSequence>;
  /** Counts rows, and writes the trace where it has a writer. */
  readonly recorder?: TraceRecorder | undefined;
  /** Adds up what the policy uses, where it is metered. */
  readonly meter?: UsageMeter | undefined;
}

/**
 * A decoder as a language model to evaluate: each sequence is a sample of the recorder's trace.
 *
 * @example
 * ```ts
 * import { recordedModel } from "./recorded_model.ts";
 * import { equal } from "node:assert/strict";
 *
 * const logits = () => Promise.resolve(Float32Array.of(0, 1));
 * const model = recordedModel({
 *   name: "coin",
 *   digests: {},
 *   policy: { name: "full" },
 *   contextTokens: 8,
 *   tokenizer: { encode: () => [0], decode: () => "" },
 *   endOfText: undefined,
 *   stopTokens: [],
 *   sequence: () => Promise.resolve({ prefill: logits, step: logits, close: () => {} }),
 * });
 * await using session = await model.open("sample");
 * equal((await session.prefill([0])).length, 2);
 * ```
 */
export function recordedModel(options: RecordedModelOptions): EvaluatedModel {
  const { sequence: startSequence, recorder, meter, ...model } = options;
  const open = (sample: string, attention?: AttentionObserver): Promise<DecodeSession> => {
    meter?.reset();
    recorder?.beginSample(sample);
    let room: number | undefined;
    // Not before it is known how long it gets.
    let started: Promise<DecoderSequence> | undefined;
    const start = () => started ??= startSequence({ recorder, attention }, room);
    return Promise.resolve({
      reserve: (tokens) => {
        room = Math.max(1, tokens);
      },
      prefill: async (ids) => (await start()).prefill(ids),
      step: async (id) => (await start()).step(id),
      get rows() {
        return recorder?.rows;
      },
      get usage() {
        return meter?.usage;
      },
      end: () => recorder?.endSample(),
      [Symbol.asyncDispose]: async () => {
        const [begun] = await Promise.allSettled(started ? [started] : []);
        if (begun?.status === "fulfilled") begun.value.close();
      },
    });
  };
  return { ...model, open };
}

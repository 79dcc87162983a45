/**
 * A checkpoint under a policy, as a model to evaluate.
 *
 * @module
 */
import type { TraceHeader } from "../attention/trace_format.ts";
import { TraceRecorder } from "../attention/trace_recorder.ts";
import type { TraceWriter } from "../attention/trace_writer.ts";
import type { KvPolicy } from "../llm/kv_policy.ts";
import type { Sequence } from "../llm/sequence.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EvaluatedModel } from "./evaluated_model.ts";
import type { PolicyLimits, UsageMeter } from "./policy_usage.ts";
import { recordedModel, type SequenceObservers } from "./recorded_model.ts";

/** A policy with everything about it settled. */
export interface SettledPolicy {
  /** Its parameters' values, budget and dense layers, as traces and results name them. */
  readonly identity: TraceHeader["policy"];
  readonly policy: KvPolicy;
  /** Where it runs metered: what it may use, and what adds up what it uses. */
  readonly metered?: { readonly limits: PolicyLimits; readonly meter: UsageMeter };
}

/**
 * What the trace of a checkpoint under a policy begins with. Sets are recorded by query head, which
 * both units can be told in.
 *
 * @param lists what they carry beside counts
 */
export function traceHeaderOf(
  { name, digest, model }: Checkpoint,
  policy: SettledPolicy,
  lists: TraceHeader["lists"] = [],
): TraceHeader {
  const { layers, queryHeads, kvHeads, headDim } = model.config;
  return {
    version: 1,
    model: { name, digest, layers, queryHeads, kvHeads, headDim },
    policy: policy.identity,
    headUnit: "query-head",
    lists: [...lists],
  };
}

/**
 * The model to evaluate.
 *
 * @param writer records the attention trace; rows are counted without it, too
 */
export function checkpointModel(
  checkpoint: Checkpoint,
  settled: SettledPolicy,
  writer?: TraceWriter,
): EvaluatedModel {
  const { model, tokenizer } = checkpoint;
  const { digest, ...identity } = settled.identity;
  const { metered } = settled;
  const recorder = new TraceRecorder(writer?.header ?? traceHeaderOf(checkpoint, settled), writer);
  return recordedModel({
    name: checkpoint.name,
    digests: { model: checkpoint.digest, policy: digest },
    policy: { ...identity, ...metered && { limits: metered.limits } },
    contextTokens: model.config.maximumPositions,
    tokenizer,
    endOfText: tokenizer.endOfText,
    stopTokens: model.generation.endTokens,
    ...tokenizer.hasChatTemplate && {
      chat: (prompt: string) => tokenizer.chatPrompt(prompt),
    },
    sequence: (observers, tokens) => beginSequence(checkpoint, settled, observers, tokens),
    recorder,
    meter: metered?.meter,
  });
}

/**
 * Begins a sequence of a checkpoint under a policy.
 *
 * @param maxTokens room for tokens; the model's context unless stated
 */
export function beginSequence(
  { model }: Checkpoint,
  { identity, policy }: SettledPolicy,
  { recorder, attention }: Partial<SequenceObservers>,
  maxTokens = model.config.maximumPositions,
): Promise<Sequence> {
  return model.sequence({
    policy,
    denseLayers: identity.denseLayers,
    maxTokens,
    observer: {
      ...recorder && { onSelection: recorder.onSelection, onUpdate: recorder.onUpdate },
      ...attention && { onAttention: attention },
    },
  });
}

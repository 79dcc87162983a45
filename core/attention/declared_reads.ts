/**
 * What a recorded run read to decide, in the terms in which deciding is charged.
 *
 * @module
 */
import { ROW16_TOKENS } from "./rows.ts";
import { ACCESS_DIRECTIONS, ACCESS_KINDS, type TraceHeader } from "./trace_format.ts";
import type { AttentionTrace } from "./trace_reader.ts";
import { type TraceStep, traceSteps } from "./trace_steps.ts";

/** Bytes of an element in what policies declare (`core/llm` tells them so). */
const ELEMENT_BYTES = 2;

/** Metadata of one head for 16 tokens of context, in elements over those of a key. */
interface DeclaredReads {
  /** What a step reads, in the mean over decode steps and layers under the policy. */
  readonly readKeys: number;
  /**
   * What is kept beside keys and values: a whole copy of the keys where elements of all keys are
   * read, nothing where the keys themselves are, else what is read.
   */
  readonly storedKeys: number;
  /** Whether it is elements of all keys that are read, and nothing else. */
  readonly elementMajor: boolean;
}

/**
 * Reads of a trace's decode steps: the bytes that the policy's `accesses` declare, over those of a
 * key for every 16 tokens of context and KV head. A policy that declares none reads nothing.
 *
 * @throws {TraceFormatError} as reading the trace does
 */
export async function declaredReads(trace: AttentionTrace): Promise<DeclaredReads> {
  const bytes = new Map<typeof ACCESS_KINDS[number], number>();
  let keyBytes = 0;
  for await (const step of traceSteps(trace)) {
    if (step.step === 0) continue;
    keyBytes += keyBytesOf(step, trace.header);
    for (const { kind, direction, bytes: read } of step.accesses) {
      if (ACCESS_DIRECTIONS[direction] !== "read") continue;
      const name = ACCESS_KINDS[kind]!;
      bytes.set(name, (bytes.get(name) ?? 0) + read);
    }
  }
  const all = [...bytes.values()].reduce((sum, read) => sum + read, 0);
  if (all === 0) return { readKeys: 0, storedKeys: 0, elementMajor: false };
  const elementMajor = bytes.get("key-channels") === all;
  return {
    readKeys: all / keyBytes,
    storedKeys: elementMajor ? ROW16_TOKENS : (all - (bytes.get("keys") ?? 0)) / keyBytes,
    elementMajor,
  };
}

/** Bytes of a key for every 16 tokens of context, over the KV heads of a step's sparse layers. */
function keyBytesOf({ selections }: TraceStep, { model, policy }: TraceHeader): number {
  const contexts = new Map(selections.map(({ layer, contextTokens }) => [layer, contextTokens]));
  const key = model.kvHeads * model.headDim * ELEMENT_BYTES;
  return [...contexts]
    .filter(([layer]) => !policy.denseLayers.includes(layer))
    .reduce((sum, [, tokens]) => sum + Math.ceil(tokens / ROW16_TOKENS) * key, 0);
}

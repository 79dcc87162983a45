/**
 * Where a recorded run read, as the system model takes it.
 *
 * @module
 */
import type { BlockSource, HeadStep } from "../system/block_source.ts";
import { meanRunOf } from "../system/block_source.ts";
import { ROW16_TOKENS } from "./rows.ts";
import type { AttentionTrace } from "./trace_reader.ts";
import { type TraceStep, traceSteps } from "./trace_steps.ts";

/** A trace that says too little of where tokens were read. */
export class TraceBlocksError extends Error {
  override readonly name = "TraceBlocksError";
}

/** Options of {@linkcode traceBlocks}. */
interface TraceBlocksOptions {
  /** The sample's place in the trace. Default the first. */
  readonly sample?: number;
  /**
   * Whether all queries of a group read their KV head's rows at once, as the switch
   * `key-value-heads` has it in `read-once`: a list is then the union of what the query heads of a
   * group selected. Otherwise, and where the trace has one list a KV head, lists stay as they are.
   */
  readonly readOnce?: boolean;
}

/** One decode step: the lists of all its layers' heads, one after the other. */
interface RecordedStep {
  readonly contextTokens: number;
  readonly heads: readonly Uint32Array[];
}

/**
 * The blocks of one sample of a trace, step for step. The heads of a stack are those of the trace's
 * layers under the policy, in order and over again: each layer's attention is as likely as the
 * others'.
 *
 * Positions are those of the policy's own placement, as the trace has them.
 */
export class TraceBlocks implements BlockSource {
  /** Tokens in the cache at the first decode step. */
  readonly firstContext: number;
  /** Tokens' worth of blocks of each step: 16 times the mean of its heads, rounded up. */
  readonly budgets: readonly number[];
  /** Mean run of blocks side by side, over all steps and heads. */
  readonly meanRun: number;
  /** Query heads whose rows each list unites; absent where lists are those of single queries. */
  readonly unitedQueries?: number;
  readonly #steps: readonly RecordedStep[];

  /** @param queries query heads that each list is of, where these read it at once */
  constructor(steps: readonly RecordedStep[], queries?: number) {
    this.#steps = steps;
    if (queries !== undefined) this.unitedQueries = queries;
    this.firstContext = steps[0]!.contextTokens;
    this.budgets = steps.map(({ heads }) => {
      const blocks = heads.reduce((sum, { length }) => sum + length, 0);
      return Math.ceil(blocks / heads.length) * ROW16_TOKENS;
    });
    const lists = steps.flatMap(({ heads }) => heads).filter(({ length }) => length > 0);
    const blocks = lists.reduce((sum, { length }) => sum + length, 0);
    this.meanRun = blocks / lists.reduce((sum, list) => sum + list.length / meanRunOf(list), 0);
  }

  /** @throws {RangeError} when the step is not in the trace, or had another context there */
  blocksOf({ step, head, storedBlocks }: HeadStep): Uint32Array {
    const recorded = this.#steps[step];
    if (!recorded) {
      throw new RangeError(
        `Expected a step that the trace has, below ${this.#steps.length}, but found ${step}: ` +
          `a run from it makes at most ${this.#steps.length + 1} tokens`,
      );
    }
    const { contextTokens, heads } = recorded;
    if (Math.ceil(contextTokens / ROW16_TOKENS) !== storedBlocks) {
      throw new RangeError(
        `Expected step ${step} to have the trace's context of ${contextTokens} tokens but found ` +
          `${storedBlocks} blocks: a run from it begins with ${this.firstContext - 1} tokens`,
      );
    }
    return heads[head % heads.length]!;
  }
}

/**
 * Reads the blocks of one sample.
 * @throws {TraceBlocksError} if the trace carries no lists of rows, no layer under the policy, no such
 *   sample or no step of it
 */
export async function traceBlocks(
  trace: AttentionTrace,
  { sample = 0, readOnce = false }: TraceBlocksOptions = {},
): Promise<TraceBlocks> {
  if (!trace.header.lists.includes("rows16")) {
    throw new TraceBlocksError(
      "Expected a trace that carries the rows read (rows16) but found their number only",
    );
  }
  const { headUnit, model, policy } = trace.header;
  const dense = new Set(policy.denseLayers);
  if (dense.size >= model.layers) {
    throw new TraceBlocksError(
      `Expected a layer under the policy but found none: all ${model.layers} are dense`,
    );
  }
  const group = model.queryHeads / model.kvHeads;
  const united = readOnce && headUnit === "query-head" ? group : 1;
  const steps: RecordedStep[] = [];
  for await (const step of traceSteps(trace)) {
    if (step.sample === sample && step.step > 0) steps.push(recorded(step, dense, united));
    if (step.sample > sample) break;
  }
  if (steps.length === 0) {
    throw new TraceBlocksError(`Expected decode steps of sample ${sample} but found none`);
  }
  return new TraceBlocks(steps, readOnce ? group : undefined);
}

/** @param group lists that are united, one after the other within a layer */
function recorded(
  { step, selections }: TraceStep,
  dense: ReadonlySet<number>,
  group: number,
): RecordedStep {
  const sparse = selections.filter(({ layer }) => !dense.has(layer));
  if (sparse.length === 0) {
    throw new TraceBlocksError(`Expected selections of step ${step} but found none`);
  }
  return {
    contextTokens: sparse[0]!.contextTokens,
    heads: Array.from(
      { length: sparse.length / group },
      (_, i) => union(sparse.slice(i * group, (i + 1) * group).map(({ rows16 }) => rows16!)),
    ),
  };
}

/** Entries of any of the lists, each once, ascending. */
function union(lists: readonly Uint32Array[]): Uint32Array {
  const [only, ...others] = lists;
  if (others.length === 0) return only!.slice();
  return Uint32Array.from(new Set(lists.flatMap((list) => [...list]))).sort();
}

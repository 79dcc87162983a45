import { TraceRecorder } from "../attention/trace_recorder.ts";
import type { RowsTouched } from "../attention/rows.ts";
import { meanRows } from "../eval/mean_rows.ts";
import { recall } from "../eval/recall.ts";
import { tokenSetsOf } from "../llm/token_sets.ts";
import type { LayerShape } from "./made_up_layer.ts";
import { PolicyRun, type PolicyRunOptions } from "./policy_run.ts";
import type { Tested } from "./policy_checks.ts";

/** A layer to measure a policy on. */
interface MeasuredLayer {
  readonly shape: LayerShape;
  /** Tokens of the prompt. */
  readonly context: number;
  readonly budget: number;
  /** Decode steps; the median of their times is taken. */
  readonly steps: number;
}

/** What a policy takes and gives on one layer. */
export interface PolicyMeasurement {
  /** Milliseconds of reading the prompt. */
  readonly prefillMs: number;
  /** Milliseconds of one decode step's calls: append, select, observe; the median. */
  readonly stepMs: number;
  /** Mean of a step and query head. */
  readonly rows: RowsTouched;
  /** Share of the `budget` tokens of the largest exact scores that is kept; mean, 0 to 1. */
  readonly recall: number;
  /** Bytes read to decide, in the mean of a step. */
  readonly readBytes: number;
}

/** Measures a policy on one layer of made-up keys and queries. */
export async function measurePolicy(
  { policy, parameters, calibration }: Tested,
  { shape, context, budget, steps }: MeasuredLayer,
): Promise<PolicyMeasurement> {
  const keys = new LayerKeys(shape, context + steps);
  const options: PolicyRunOptions = {
    shape,
    budget,
    maxTokens: context + steps,
    parameters,
    ...calibration && { calibration },
    onKeys: (list, count) => keys.append(list, count),
  };
  const run = await PolicyRun.open(policy, options);
  try {
    return await measureRun(run, keys, { shape, context, budget, steps });
  } finally {
    run.close();
  }
}

async function measureRun(
  run: PolicyRun,
  keys: LayerKeys,
  { shape, context, budget, steps }: MeasuredLayer,
): Promise<PolicyMeasurement> {
  const recorder = new TraceRecorder({
    version: 1,
    model: { name: "one layer", digest: "", layers: 1, ...shape },
    policy: { name: "", version: "", digest: "", budget, parameters: {}, denseLayers: [] },
    headUnit: "query-head",
    lists: [],
  });
  recorder.beginSample("");
  const prompt = await run.prefill([context]);
  const prefillMs = run.milliseconds;
  recorder.onUpdate(0, run.tokens - 1, prompt);
  const times: number[] = [];
  let [recalls, readBytes] = [0, 0];
  for (let i = 0; i < steps; i++) {
    const { update, selection, visible, milliseconds } = await run.step();
    times.push(milliseconds);
    recorder.onUpdate(0, run.tokens - 1, update);
    const sets = { tag: "only", value: tokenSetsOf(visible) } as const;
    recorder.onSelection(0, run.tokens - 1, sets, selection);
    visible.forEach((kept, head) => {
      recalls += recall(kept, keys.logits(head, run.queries), budget);
    });
    for (const { direction, bytes } of [...update.accesses, ...selection.accesses]) {
      if (direction === "read") readBytes += bytes;
    }
  }
  return {
    prefillMs,
    stepMs: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!,
    rows: meanRows(recorder.rows),
    recall: recalls / (steps * shape.queryHeads),
    readBytes: readBytes / steps,
  };
}

/** All keys of a layer, for exact scores. */
class LayerKeys {
  #tokens = 0;
  readonly #keys: readonly Float32Array[];
  readonly #logits: Float32Array;

  constructor(private readonly shape: LayerShape, maxTokens: number) {
    const { kvHeads, headDim } = shape;
    this.#keys = Array.from({ length: kvHeads }, () => new Float32Array(maxTokens * headDim));
    this.#logits = new Float32Array(maxTokens);
  }

  append(keys: Float32Array, count: number) {
    const { headDim } = this.shape;
    const width = count * headDim;
    this.#keys.forEach((own, head) => {
      own.set(keys.subarray(head * width, (head + 1) * width), this.#tokens * headDim);
    });
    this.#tokens += count;
  }

  /** Query-key products of a head; good until the next call. */
  logits(queryHead: number, queries: Float32Array): Float32Array {
    const { queryHeads, kvHeads, headDim } = this.shape;
    const keys = this.#keys[Math.floor(queryHead / (queryHeads / kvHeads))]!;
    const first = queryHead * headDim;
    for (let token = 0; token < this.#tokens; token++) {
      let sum = 0;
      for (let i = 0, at = token * headDim; i < headDim; i++) {
        sum += queries[first + i]! * keys[at + i]!;
      }
      this.#logits[token] = sum;
    }
    return this.#logits.subarray(0, this.#tokens);
  }
}

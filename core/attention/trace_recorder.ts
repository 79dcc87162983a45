import type {
  HeadUnit,
  PolicyAccess,
  PolicySelection,
  PolicyUpdate,
  VisibleTokens,
} from "./policy_events.ts";
import { addRows, noRows, type RowTotals } from "./row_totals.ts";
import { RowCounter, rows16Touched, type RowsTouched } from "./rows.ts";
import { TokenSlots } from "./token_slots.ts";
import { ACCESS_DIRECTIONS, ACCESS_KINDS, headGroups, type TraceHeader } from "./trace_format.ts";
import type { SelectionLists, TraceWriter } from "./trace_writer.ts";

interface CountedRows {
  readonly tokenHead: number;
  readonly slotHead: number;
  readonly rows: RowsTouched;
  readonly lists: SelectionLists;
}

/**
 * Counts the rows of what a model attends to while it decodes, and writes the trace if there is one.
 *
 * It takes the decoder's events one sequence at a time: {@linkcode TraceRecorder.beginSample}, then
 * `onUpdate` and `onSelection` as they come, then {@linkcode TraceRecorder.endSample}. Both can be
 * handed on as they are. Sequences that are decoded together have a recorder each, and a trace each:
 * the steps of a sample are not to be told from those of another.
 *
 * @example
 * ```ts
 * import { TraceRecorder } from "./trace_recorder.ts";
 * import { equal } from "node:assert/strict";
 *
 * const recorder = new TraceRecorder({
 *   version: 1,
 *   model: { name: "m", digest: "", layers: 1, queryHeads: 1, kvHeads: 1, headDim: 64 },
 *   policy: { name: "p", version: "1", digest: "", budget: 2, parameters: {}, denseLayers: [] },
 *   headUnit: "query-head",
 *   lists: [],
 * });
 * recorder.beginSample("s");
 * const value = {
 *   per: "query-head",
 *   offsets: Uint32Array.of(0, 2),
 *   tokens: Uint32Array.of(0, 99),
 * } as const;
 * recorder.onSelection(0, 99, { tag: "only", value }, undefined);
 * recorder.endSample();
 * equal(recorder.rows.placedRows16, 2);
 * ```
 */
export class TraceRecorder {
  readonly #dense: ReadonlySet<number>;
  readonly #counter = new RowCounter();
  readonly #slots = new Map<number, TokenSlots>();
  #rows = noRows();
  /** The sample that is being recorded. */
  #open: string | undefined;
  #everything: Uint32Array = new Uint32Array(0);
  /** Token of the sample's first decode step. */
  #firstPosition: number | undefined;

  /** @param writer where to write; without it rows are counted only */
  constructor(readonly header: TraceHeader, readonly writer?: TraceWriter) {
    this.#dense = new Set(header.policy.denseLayers);
  }

  /** Rows of the sample so far, over the heads of layers that are not dense. */
  get rows(): RowTotals {
    return this.#rows;
  }

  /**
   * Begins a sample: an empty cache.
   *
   * @throws {RangeError} if another one has not ended
   */
  beginSample(name: string) {
    if (this.#open !== undefined) {
      throw new RangeError(
        `Expected ${this.#open} to end before ${name} begins: each of sequences that are decoded ` +
          "together has a recorder of its own",
      );
    }
    this.#open = name;
    this.#slots.clear();
    this.#rows = noRows();
    this.#firstPosition = undefined;
    this.writer?.beginSample(name);
  }

  /** Ends a sample. */
  endSample() {
    this.#open = undefined;
    this.writer?.endSample();
  }

  /**
   * Takes in what a layer attended to in one step; dense layers are passed over.
   *
   * @param position the step's token
   * @throws {RangeError} if the sets do not fit the header
   */
  readonly onSelection = (
    layer: number,
    position: number,
    visible: VisibleTokens,
    selection: PolicySelection | undefined,
  ) => {
    this.#firstPosition ??= position;
    if (this.#dense.has(layer)) return;
    const step = this.#step(position);
    this.#accesses(step, layer, selection?.accesses);
    const contextTokens = position + 1;
    let counted: CountedRows | undefined;
    for (let headGroup = 0; headGroup < headGroups(this.header); headGroup++) {
      const tokenHead = this.#tokenHead(visible, headGroup);
      const slotHead = this.#slotHead(layer, headGroup);
      // Heads that share their tokens and slots, as those of a KV head's group, are counted once.
      if (counted?.tokenHead !== tokenHead || counted?.slotHead !== slotHead) {
        const tokens = this.#tokensOf(visible, tokenHead, contextTokens);
        const slots = this.#slots.get(layer)?.ofHead(slotHead, contextTokens);
        counted = { tokenHead, slotHead, ...this.#count(tokens, contextTokens, slots) };
      }
      this.#rows = addRows(this.#rows, counted.rows);
      const row = { step, layer, headGroup, contextTokens, ...counted.rows };
      this.writer?.selection(row, counted.lists);
    }
  };

  /**
   * Takes in what a policy changed after the prompt, or after a token entered. A sample's first
   * event, if it is of this kind, is that after the prompt.
   *
   * @param position the last token that entered
   */
  readonly onUpdate = (layer: number, position: number, update: PolicyUpdate) => {
    this.#firstPosition ??= position + 1;
    const { placement, clusterings = [], accesses } = update;
    const step = this.#step(position);
    this.#accesses(step, layer, accesses);
    for (const clustering of clusterings) this.writer?.clustering({ step, layer, ...clustering });
    if (!placement || placement.slots.length === 0) return;
    let slots = this.#slots.get(layer);
    if (!slots) {
      slots = new TokenSlots(placement.per, this.#heads(placement.per));
      this.#slots.set(layer, slots);
    }
    slots.place(placement);
  };

  #accesses(step: number, layer: number, accesses: readonly PolicyAccess[] = []) {
    for (const { kind, direction, bytes, pieces } of accesses) {
      this.writer?.access({
        step,
        layer,
        kind: ACCESS_KINDS.indexOf(kind),
        direction: ACCESS_DIRECTIONS.indexOf(direction),
        bytes,
        pieces,
      });
    }
  }

  #count(tokens: Uint32Array, contextTokens: number, slots: Uint32Array | undefined) {
    const { lists } = this.header;
    return {
      rows: this.#counter.count(tokens, contextTokens, slots),
      lists: {
        ...(lists.includes("tokens") && { tokens }),
        ...(lists.includes("rows16") && { rows16: rows16Touched(tokens, slots) }),
      },
    };
  }

  #tokenHead(visible: VisibleTokens, headGroup: number): number {
    return visible.tag === "everything" ? 0 : this.#headOf(visible.value.per, headGroup);
  }

  #tokensOf(visible: VisibleTokens, head: number, contextTokens: number): Uint32Array {
    if (visible.tag === "everything") return this.#allTokens(contextTokens);
    const { offsets, tokens } = visible.value;
    return tokens.subarray(offsets[head], offsets[head + 1]);
  }

  #slotHead(layer: number, headGroup: number): number {
    const slots = this.#slots.get(layer);
    return slots ? this.#headOf(slots.per, headGroup) : 0;
  }

  /** The head of a unit whose tokens or slots a head group has. */
  #headOf(per: HeadUnit, headGroup: number): number {
    if (per === this.header.headUnit) return headGroup;
    const { queryHeads, kvHeads } = this.header.model;
    if (per === "query-head" && queryHeads !== kvHeads) {
      throw new RangeError(
        "Expected sets for KV heads, as the trace has them, but found sets for query heads",
      );
    }
    return Math.floor(headGroup / (queryHeads / kvHeads));
  }

  #heads(per: HeadUnit): number {
    return per === "query-head" ? this.header.model.queryHeads : this.header.model.kvHeads;
  }

  #allTokens(count: number): Uint32Array {
    if (this.#everything.length < count) {
      this.#everything = Uint32Array.from({ length: 2 * count }, (_, token) => token);
    }
    return this.#everything.subarray(0, count);
  }

  /** 0 is the prompt; decode steps count from 1. */
  #step(position: number): number {
    return position - this.#firstPosition! + 1;
  }
}

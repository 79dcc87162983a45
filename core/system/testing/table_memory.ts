/**
 * For tests only: a memory that knows the results of a few programs.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { canonicalProgram } from "../../memory/canonical_program.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
  PimLevel,
  PowerBudget,
} from "../../memory/memory_model.ts";
import { csvRecords } from "./reference_run.ts";

const COUNTS = new URL("attention_counts.csv", import.meta.url);

type Sizes = Pick<
  AttentionProgram,
  "pim" | "power" | "heads" | "headDim" | "elementBytes" | "contextTokens" | "keptTokens"
>;

function keyOfSizes(sizes: Sizes): string {
  const { pim, power, heads, headDim, elementBytes, contextTokens, keptTokens } = canonicalProgram({
    ...sizes,
    partitionTokens: 4096,
    clustering: false,
    rowTokens: 16,
    oddTail: "once",
  });
  return [pim, power, heads, headDim, elementBytes, contextTokens, keptTokens].join(" ");
}

/** Counts of Ramulator 2 with AttAcc's patches for the programs of `reference_runs.csv`. */
export class TableMemory implements MemoryModel {
  readonly name = "table";
  readonly digest = "table";
  readonly cycleNs = 0.769;
  /** The batches it was asked for. */
  readonly batches: (readonly AttentionProgram[])[] = [];
  readonly #results = new Map(
    csvRecords(readFileSync(COUNTS, "utf8")).map((row): [string, MemoryResult] => {
      const number = (name: string) => Number(row[name]);
      const sizes = {
        pim: row.pim as PimLevel,
        power: row.power as PowerBudget,
        heads: number("heads"),
        headDim: number("headDim"),
        elementBytes: number("elementBytes"),
        contextTokens: number("contextTokens"),
        keptTokens: number("keptTokens"),
      };
      return [keyOfSizes(sizes), {
        cycles: number("cycles"),
        mac: number("mac"),
        softmax: number("softmax"),
        mvgb: number("mvgb"),
        mvsb: number("mvsb"),
        wrgb: number("wrgb"),
      }];
    }),
  );

  keyOf(program: AttentionProgram): string {
    return keyOfSizes(program);
  }

  simulate(programs: readonly AttentionProgram[]): Promise<MemoryResult[]> {
    this.batches.push(programs);
    return Promise.resolve(programs.map((program) => {
      const result = this.#results.get(this.keyOf(program));
      if (result && !program.clustering) return result;
      throw new RangeError(`Expected a program of the table but found ${JSON.stringify(program)}`);
    }));
  }
}

/** A memory whose results are as many as what is read, times a factor. */
export class ProportionalMemory implements MemoryModel {
  readonly name = "proportional";
  readonly digest = "proportional";
  readonly cycleNs = 0.769;
  readonly #factor: number;

  constructor(factor = 1) {
    this.#factor = factor;
  }

  keyOf(program: AttentionProgram): string {
    return JSON.stringify(program);
  }

  simulate(programs: readonly AttentionProgram[]): Promise<MemoryResult[]> {
    return Promise.resolve(programs.map(({ keptTokens, heads }) => {
      const work = keptTokens * heads * this.#factor;
      return { cycles: work, mac: work, softmax: work, mvgb: work, mvsb: work, wrgb: work };
    }));
  }
}

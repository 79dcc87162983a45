/**
 * Where the tokens that a step reads are stored.
 *
 * @module
 */
import { randomFrom } from "./random.ts";

/** A head's reads at a step. */
export interface HeadStep {
  /** Counted from 0. */
  readonly step: number;
  /** Of the stack, counted from 0. */
  readonly head: number;
  /** Blocks of 16 tokens in the KV cache. */
  readonly storedBlocks: number;
  /** Blocks that the budget allows; fewer than are stored. */
  readonly keptBlocks: number;
}

/** Tells which blocks are read: by chance, or as a policy selected and placed them. */
export interface BlockSource {
  /** Queries of a group whose blocks each list unites, where the source knows what each one reads. */
  readonly unitedQueries?: number;
  /** Storage positions of blocks of 16 tokens, ascending, each below `storedBlocks`. */
  blocksOf(reads: HeadStep): Uint32Array;
}

/** Options of {@linkcode StatisticalBlocks}. */
interface StatisticalOptions {
  /** Whole number that all draws follow from. */
  readonly seed: number;
  /**
   * Mean number of blocks side by side that are read. Without it every set of blocks is equally
   * likely; the mean is then stored / (stored - kept + 1), little above 1.
   */
  readonly meanRun?: number;
}

/**
 * Blocks by chance, each head and step for itself.
 *
 * With a mean run, `kept` blocks are cut into kept / meanRun runs (rounded up or down by chance so
 * that the mean is met), every way to cut and every way to place them being equally likely. Runs do
 * not touch, so they cannot be more than the gaps between unread blocks allow.
 *
 * @example
 * ```ts
 * import { meanRunOf, StatisticalBlocks } from "./block_source.ts";
 * import { equal, ok } from "node:assert/strict";
 *
 * const source = new StatisticalBlocks({ seed: 1, meanRun: 4 });
 * const blocks = source.blocksOf({ step: 0, head: 0, storedBlocks: 625, keptBlocks: 100 });
 * equal(blocks.length, 100);
 * ok(Math.abs(meanRunOf(blocks) - 4) < 0.2);
 * ```
 */
export class StatisticalBlocks implements BlockSource {
  readonly #options: StatisticalOptions;

  constructor(options: StatisticalOptions) {
    this.#options = options;
  }

  blocksOf({ step, head, storedBlocks, keptBlocks }: HeadStep): Uint32Array {
    const random = randomFrom(this.#options.seed, step, head);
    const { meanRun } = this.#options;
    if (meanRun === undefined) return drawSet(keptBlocks, storedBlocks, random);
    return drawRuns(keptBlocks, storedBlocks, meanRun, random);
  }
}

/** Mean length of the runs of consecutive numbers in an ascending list. */
export function meanRunOf(blocks: Uint32Array): number {
  let runs = 0;
  for (let i = 0; i < blocks.length; i++) {
    if (i === 0 || blocks[i]! > blocks[i - 1]! + 1) runs++;
  }
  return blocks.length / runs;
}

/** `count` of the numbers below `most`, each set equally likely (Floyd's sampling), ascending. */
function drawSet(count: number, most: number, random: () => number): Uint32Array {
  const drawn = new Set<number>();
  for (let j = most - count; j < most; j++) {
    const candidate = Math.floor(random() * (j + 1));
    drawn.add(drawn.has(candidate) ? j : candidate);
  }
  return Uint32Array.from(drawn).sort();
}

function drawRuns(
  count: number,
  most: number,
  meanRun: number,
  random: () => number,
): Uint32Array {
  const wanted = Math.floor(count / meanRun + random());
  const unread = most - count;
  const runs = Math.max(1, Math.min(wanted, count, unread + 1));
  // Cuts between the blocks that are read, and the places of the runs between the unread ones.
  const cuts = drawSet(runs - 1, count - 1, random);
  const places = drawSet(runs, unread + 1, random);
  const blocks = new Uint32Array(count);
  let run = 0;
  for (let i = 0; i < count; i++) {
    if (run < cuts.length && i > cuts[run]!) run++;
    blocks[i] = places[run]! + i;
  }
  return blocks;
}

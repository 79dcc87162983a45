/**
 * What the system model asks of a memory and what a memory answers.
 *
 * A memory model runs one decode step's attention of one layer on one HBM stack: it turns an
 * {@linkcode AttentionProgram} into PIM commands, simulates them and returns how long they took
 * and how many of each kind there were.
 *
 * @module
 */

/** Where the GEMV units sit: beside every bank, in the bank group, or in the buffer die. */
export type PimLevel = "bank" | "bankgroup" | "buffer";

/**
 * How fast all-bank and same-bank MACs may follow each other: `"limited"` keeps the stack within
 * its power budget (nCCDAB 6 at 5.2 Gbps), `"unlimited"` does not (nCCDAB 4).
 */
export type PowerBudget = "limited" | "unlimited";

/** One decode step's attention of one layer, as one HBM stack sees it. */
export interface AttentionProgram {
  readonly pim: PimLevel;
  readonly power: PowerBudget;
  /** Heads this stack serves, one channel a head, 16 at a time. At least 1. */
  readonly heads: number;
  /** Elements of one K or V vector. */
  readonly headDim: number;
  /** Bytes of one element: 2 (W16A16) or 1 (W8A8). */
  readonly elementBytes: number;
  /** Tokens in the KV cache (L). At least 1. */
  readonly contextTokens: number;
  /**
   * Tokens that are read, laid out contiguously from the first row. Equal to `contextTokens` for
   * full attention; it may exceed it by up to a row, because budgets are rounded up to rows.
   */
  readonly keptTokens: number;
  /**
   * Where each head's tokens lie, if not at the front: storage positions of the blocks it reads,
   * ascending, a list for each head. A block is what a channel's units work on at once: 16 tokens,
   * in the buffer die 2. `keptTokens` is then not looked at.
   */
  readonly headBlocks?: readonly Uint32Array[];
  /** Tokens each head's K partition is sized for: AttAcc 4096, STARC 409600. */
  readonly partitionTokens: number;
  /** Whether this step also clusters the whole context (the artifact's `--add_cluster`). */
  readonly clustering: boolean;
  /**
   * Tokens of one budget row (the artifact's `--row_size`, 16). Clustering writes its centroids
   * and moves keys and values row by row; without clustering this changes nothing.
   */
  readonly rowTokens: number;
  /**
   * How often the last, unpaired iteration's SFM and MVGB block is emitted: `"once"`, or
   * `"per-step"` inside the score loop as in AttAcc's first commit.
   */
  readonly oddTail: "once" | "per-step";
  /**
   * Whose values the second iteration of an overlapped pair reads: the `"first"` iteration's again,
   * as the reference's generators emit, or its `"own"`. Default `"first"`.
   */
  readonly secondContext?: "first" | "own";
  /**
   * The buffer commands of an overlapped partner: `"truncated"` to whole strides of the full
   * context, which drops some, or `"whole"`. Default `"truncated"`, as the reference's generators.
   */
  readonly partnerTraffic?: "truncated" | "whole";
  /**
   * Queries that share a head's keys and values (grouped-query attention) and are served by each
   * MAC together: the units read a column once and multiply it with every query's operand. Each
   * query's operands, scores, softmax and results still move on their own. Default 1.
   *
   * A unit's 16 multipliers run at 666 MHz, so that from four queries on MACs follow each other as
   * fast as it multiplies rather than reads (`macGapCycles`).
   */
  readonly queries?: number;
  /**
   * `"attention"`: scores, softmax and values. `"scores"`: only the products of queries and stored
   * vectors, moved to the buffer die, as a policy needs them to decide. Default `"attention"`.
   */
  readonly passes?: "attention" | "scores";
}

/** Requests one program sent to the memory, by kind; every channel counted. */
export interface CommandCounts {
  /** MACAB + MACSB + MACPB. */
  readonly mac: number;
  /** SFM: softmax. */
  readonly softmax: number;
  /** MVGB: move to the GEMV buffer. */
  readonly mvgb: number;
  /** MVSB: move to the softmax buffer. */
  readonly mvsb: number;
  /** WRGB: write to the GEMV buffer. */
  readonly wrgb: number;
}

/** What a program cost. */
export interface MemoryResult extends CommandCounts {
  /** Memory clock cycles until every queue is empty. */
  readonly cycles: number;
}

/** Called while a batch runs, with the number of finished programs and of all programs. */
export type ProgressListener = (done: number, total: number) => void;

/** A memory that can run attention programs. */
export interface MemoryModel {
  /** Name for people, e.g. `"hbm3-pim"`. */
  readonly name: string;
  /** SHA-256 of everything that determines the results: component bytes and device tables. */
  readonly digest: string;
  /** Length of a memory clock cycle in nanoseconds. */
  readonly cycleNs: number;
  /** What a reader of results that rest on this memory has to know of it. */
  readonly notes?: readonly string[];
  /** Equal keys promise equal results. */
  keyOf(program: AttentionProgram): string;
  /**
   * Simulates programs, in the order given. Equal programs may be simulated once.
   *
   * @throws {RangeError} when a program asks for what the memory cannot do
   */
  simulate(
    programs: readonly AttentionProgram[],
    onProgress?: ProgressListener,
  ): Promise<MemoryResult[]>;
}

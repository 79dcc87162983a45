/**
 * STARC's clustering as it happens: 64 new tokens, every 64 steps.
 *
 * @module
 */
import type { Device } from "../../wasm/dram/device.ts";
import { dramPicojoulesPerBit } from "../hardware/energies.ts";
import { attAcc } from "../hardware/pim.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";

/** STARC (ASPLOS'26), section 5: block, clusters and rounds of Lloyd's algorithm. */
export const CLUSTERING = { tokens: 64, clusters: 4, rounds: 16 } as const;

/** Whether a step, counted from 0, ends a block of new tokens. */
export function clustersAt(step: number): boolean {
  return (step + 1) % CLUSTERING.tokens === 0;
}

/**
 * Whether windows are those this clustering is of: blocks of 64 tokens, or what is left of one, in
 * clusters of 16 tokens on average.
 *
 * @example
 * ```ts
 * import { isOnlineClustering } from "./online_clustering.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(isOnlineClustering([{ tokens: 64, clusters: 4 }, { tokens: 20, clusters: 2 }]), true);
 * equal(isOnlineClustering([{ tokens: 496, clusters: 6 }]), false);
 * equal(isOnlineClustering([]), false);
 * ```
 */
export function isOnlineClustering(
  windows: readonly { readonly tokens: number; readonly clusters: number }[],
): boolean {
  const clusterTokens = CLUSTERING.tokens / CLUSTERING.clusters;
  return windows.length > 0 &&
    windows.every(({ tokens, clusters }) =>
      tokens <= CLUSTERING.tokens && clusters === Math.ceil(tokens / clusterTokens)
    );
}

/**
 * One round: the 64 keys against the 4 centroids, which is a score pass with 4 queries, and the new
 * centroids, which are sums of keys weighted by membership as a context pass has them. The paper
 * stops early where centroids rest; all 16 rounds are charged.
 */
export function clusteringRound(attention: AttentionProgram): AttentionProgram {
  const { headBlocks: _, ...common } = attention;
  const { tokens, clusters } = CLUSTERING;
  return {
    ...common,
    contextTokens: tokens,
    keptTokens: tokens,
    clustering: false,
    queries: clusters,
  };
}

/**
 * Cycles in which one channel moves the keys and values of its heads to where their clusters lie:
 * every column is read and written again. Tokens are spread over both pseudo-channels, each of
 * which moves a column in nCCDS cycles; a row is opened for each key and each pass over the values,
 * for reading and for writing.
 *
 * @param heads heads of the channel
 * @param keyColumns columns a key takes of each of its banks
 */
export function remapCycles(
  { timing }: Pick<Device, "timing">,
  heads: number,
  keyColumns: number,
  banks: number,
): number {
  const { nCCDS, nRCDRD, nRCDWR, nRP, nCWL, nBL, nWR } = timing as Record<string, number>;
  const columns = 2 * CLUSTERING.tokens * keyColumns * banks / 2;
  const rows = 1 + keyColumns;
  const turns = rows * (nRCDRD! + nRP! + nRCDWR! + nCWL! + nBL! + nWR! + nRP!);
  return heads * (2 * columns * nCCDS! + turns);
}

/** Picojoules of reading and writing so many bytes, through the whole stack each way. */
export function remapPicojoules(bytes: number): number {
  const perBit = Object.values(dramPicojoulesPerBit).reduce((sum, part) => sum + part, 0);
  return 2 * bytes * perBit * 8;
}

/** Heads that one channel serves. */
export function headsOfChannel(heads: number): number {
  return Math.ceil(heads / attAcc.channels);
}

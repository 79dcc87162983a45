// What a policy answers with, in one line each.
import { Access, Clustering, DataKind, Direction, HeadUnit, TokenSets } from "kvpim/policy";
import { releases } from "kvpim/runtime";

/** Tokens of the sets a call opened first. Kept: they are as many as all heads attend to. */
const kept: Array<u32> = [];
let keptSince: u32 = 0;

/**
 * Token sets with no head yet: push tokens, then {@linkcode closeSet}, for each head. Their tokens
 * are good until sets are opened in a later call.
 */
export function openSets(per: HeadUnit): TokenSets {
  const sets = new TokenSets();
  sets.per = per;
  if (keptSince !== releases) {
    keptSince = releases;
    kept.length = 0;
    sets.tokens = kept;
  }
  sets.offsets.push(0);
  return sets;
}

/** Ends the set of a head. */
export function closeSet(sets: TokenSets): void {
  sets.offsets.push(sets.tokens.length);
}

/** Traffic that reads `bytes` in `pieces` contiguous pieces. */
export function reads(kind: DataKind, bytes: u64, pieces: u32): Access {
  return access(kind, Direction.Read, bytes, pieces);
}

/** Traffic that writes `bytes` in `pieces` contiguous pieces. */
export function writes(kind: DataKind, bytes: u64, pieces: u32): Access {
  return access(kind, Direction.Write, bytes, pieces);
}

function access(kind: DataKind, direction: Direction, bytes: u64, pieces: u32): Access {
  const made = new Access();
  made.kind = kind;
  made.direction = direction;
  made.bytes = bytes;
  made.pieces = pieces;
  return made;
}

/** Adds k-means work; windows of the same shape, one after the other, are one entry. */
export function addClustering(
  all: Array<Clustering>,
  windows: u32,
  tokens: u32,
  clusters: u32,
  iterations: u32,
): void {
  let entry = all.length > 0 ? all[all.length - 1] : new Clustering();
  if (entry.tokens !== tokens || entry.clusters !== clusters) {
    entry = new Clustering();
    entry.tokens = tokens;
    entry.clusters = clusters;
  }
  if (all.length === 0 || all[all.length - 1] !== entry) all.push(entry);
  entry.windows += windows;
  entry.iterations += iterations;
}

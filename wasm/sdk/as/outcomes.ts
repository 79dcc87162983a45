// What a policy answers with, in one line each.
import { Access, Clustering, DataKind, Direction, HeadUnit, TokenSets } from "kvpim/policy";

/** The most tokens that sets have had: those that follow have room for as many at once. */
let mostTokens: i32 = 0;

/** Token sets with no head yet: push tokens, then {@linkcode closeSet}, for each head. */
export function openSets(per: HeadUnit): TokenSets {
  const sets = new TokenSets();
  sets.per = per;
  sets.tokens = new Array<u32>(mostTokens);
  sets.tokens.length = 0;
  sets.offsets.push(0);
  return sets;
}

/** Ends the set of a head. */
export function closeSet(sets: TokenSets): void {
  sets.offsets.push(sets.tokens.length);
  mostTokens = max(mostTokens, sets.tokens.length);
}

/** Pushes the whole numbers from `first` up to, not including, `end`. */
export function pushRange(tokens: Array<u32>, first: i32, end: i32): void {
  for (let token = first; token < end; token++) tokens.push(token);
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

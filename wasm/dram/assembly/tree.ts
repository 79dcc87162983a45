/** The tree of one channel: which nodes lie above each bank. */
import { BANK, CHANNEL, NODE_LEVELS } from "./levels";

export class Tree {
  /** Banks of the channel, numbered in the order of the tree. */
  readonly banks: i32;
  readonly nodes: i32;
  /** Node of each depth above each bank, and its id within its parent. */
  private path: StaticArray<i32>;
  private ids: StaticArray<i32>;

  /** @param counts how many children a node of the level above has, by depth */
  constructor(counts: StaticArray<i32>) {
    const firstNode = new StaticArray<i32>(NODE_LEVELS);
    let nodes = 0;
    let wide = 1;
    for (let depth = CHANNEL; depth < NODE_LEVELS; depth++) {
      if (depth > CHANNEL) wide *= counts[depth];
      firstNode[depth] = nodes;
      nodes += wide;
    }
    const path = new StaticArray<i32>(wide * NODE_LEVELS);
    const ids = new StaticArray<i32>(wide * NODE_LEVELS);
    for (let bank = 0; bank < wide; bank++) {
      let index = bank;
      for (let depth = BANK; depth >= CHANNEL; depth--) {
        const siblings = depth === CHANNEL ? 1 : counts[depth];
        path[bank * NODE_LEVELS + depth] = firstNode[depth] + index;
        ids[bank * NODE_LEVELS + depth] = index % siblings;
        index /= siblings;
      }
    }
    this.banks = wide;
    this.nodes = nodes;
    this.path = path;
    this.ids = ids;
  }

  node(bank: i32, depth: i32): i32 {
    return this.path[bank * NODE_LEVELS + depth];
  }

  id(bank: i32, depth: i32): i32 {
    return this.ids[bank * NODE_LEVELS + depth];
  }
}

/** Banks of one channel, grouped by agreement in some levels. */
export class BankGroups {
  /** First index into `members` of each bank's group; the group ends before `ends`. */
  starts: StaticArray<i32>;
  ends: StaticArray<i32>;
  /** Bank numbers, group by group, ascending within a group. */
  members: StaticArray<i32>;

  /** @param mask bit d is set where banks of a group have the same id at depth d */
  constructor(tree: Tree, mask: i32) {
    const banks = tree.banks;
    const starts = new StaticArray<i32>(banks);
    const ends = new StaticArray<i32>(banks);
    const members = new StaticArray<i32>(banks);
    const grouped = new StaticArray<bool>(banks);
    let filled = 0;
    for (let first = 0; first < banks; first++) {
      if (grouped[first]) continue;
      const start = filled;
      for (let bank = first; bank < banks; bank++) {
        if (!agree(tree, first, bank, mask)) continue;
        grouped[bank] = true;
        members[filled++] = bank;
      }
      for (let i = start; i < filled; i++) {
        starts[members[i]] = start;
        ends[members[i]] = filled;
      }
    }
    this.starts = starts;
    this.ends = ends;
    this.members = members;
  }
}

function agree(tree: Tree, a: i32, b: i32, mask: i32): bool {
  for (let depth = 1; depth < NODE_LEVELS; depth++) {
    if (((mask >> depth) & 1) === 0) continue;
    if (tree.id(a, depth) !== tree.id(b, depth)) return false;
  }
  return true;
}

/** One command of a device, with everything that issuing it needs laid out for each bank. */
import { ImageReader } from "./image_reader";
import { BANK, NODE_LEVELS, PSEUDOCHANNEL } from "./levels";
import { BankGroups, Tree } from "./tree";

/** Halves of the command bus. */
export const BUS_NONE: i32 = -1;

/** What a command requires of the banks it touches. */
export const REQUIRES_NOTHING: i32 = 0;
export const REQUIRES_ROW_OPEN: i32 = 1;

/** Words of a constraint: preceding, following, depth, cycles, window. */
export const CONSTRAINT_WORDS: i32 = 5;

/**
 * Numbers for the earliest issue cycles that are kept: one for each command at each node of the tree
 * where some constraint reaches it.
 */
export class CellTable {
  /** Cells numbered so far. */
  count: i32 = 0;
  private numbers: StaticArray<i32>;

  constructor(nodes: i32, private commands: i32) {
    const numbers = new StaticArray<i32>(nodes * commands);
    for (let i = 0; i < numbers.length; i++) numbers[i] = -1;
    this.numbers = numbers;
  }

  /** The cell of a command at a node. */
  at(node: i32, command: i32): i32 {
    const i = node * this.commands + command;
    if (this.numbers[i] < 0) this.numbers[i] = this.count++;
    return this.numbers[i];
  }
}

/** A constraint that counts from an earlier issue than the last. */
export class Windowed {
  constructor(
    readonly follower: i32,
    readonly depth: i32,
    readonly cycles: i32,
    /** How many issues back, the one happening counted as the first. */
    readonly window: i32,
  ) {}
}

export class Command {
  readonly bus: i32;
  readonly opens: BankGroups | null;
  readonly closes: BankGroups | null;
  /** Whether it opens or closes rows. */
  readonly preparesRows: bool;
  readonly requires: i32;
  readonly requiredBanks: BankGroups | null;
  /** Commands that open a closed bank for this one, and close one that has other rows. */
  opener: Command | null = null;
  closer: Command | null = null;

  /** Cells that hold it back, by bank: as deep as its scope, only where a constraint exists. */
  readyCells: StaticArray<StaticArray<i32>> = new StaticArray<StaticArray<i32>>(0);
  /** Cells it holds back when issued to a bank, shallow levels first, and for how long. */
  followerCells: StaticArray<StaticArray<i32>> = new StaticArray<StaticArray<i32>>(0);
  followerCycles: StaticArray<i32> = new StaticArray<i32>(0);
  /** How many of them lie no deeper than a depth. */
  followersDownTo: StaticArray<i32> = new StaticArray<i32>(NODE_LEVELS);
  /** Cells of other banks it holds back as well, by bank; null when there are none. */
  otherCells: StaticArray<StaticArray<i32>> | null = null;
  /** For how long: the bank-level constraints, again for each other bank. */
  otherCycles: StaticArray<i32> = new StaticArray<i32>(0);
  windowed: StaticArray<Windowed> = new StaticArray<Windowed>(0);
  /** Number among the commands that have windowed constraints, or -1. */
  windowedIndex: i32 = -1;

  private openerIndex: i32;
  private closerIndex: i32;
  /** For each depth the depth whose id is compared, or -1: which other banks are held back. */
  private otherBanks: StaticArray<i32>;

  constructor(readonly index: i32, tree: Tree, reader: ImageReader) {
    reader.next(); // How deep its scope goes; constraints below it are left out of the image.
    const bus = reader.next();
    const opens = groups(tree, reader.next());
    const closes = groups(tree, reader.next());
    this.bus = bus;
    this.opens = opens;
    this.closes = closes;
    this.preparesRows = opens !== null || closes !== null;
    this.requires = reader.next();
    this.requiredBanks = groups(tree, reader.next());
    this.openerIndex = reader.next();
    this.closerIndex = reader.next();
    this.otherBanks = reader.take(NODE_LEVELS);
  }

  /** Completes the command once all are known. */
  link(
    commands: StaticArray<Command>,
    tree: Tree,
    cells: CellTable,
    constraints: StaticArray<i32>,
  ): void {
    if (this.openerIndex >= 0) this.opener = commands[this.openerIndex];
    if (this.closerIndex >= 0) this.closer = commands[this.closerIndex];
    this.layReadyCells(cells, tree, constraints);
    this.layFollowers(cells, tree, constraints);
    this.layWindowed(constraints);
    if (this.otherBanks[BANK] >= 0) this.layOtherCells(tree);
  }

  private layReadyCells(table: CellTable, tree: Tree, constraints: StaticArray<i32>): void {
    let depths = 0;
    for (let i = 0; i < constraints.length; i += CONSTRAINT_WORDS) {
      if (constraints[i + 1] === this.index) depths |= 1 << constraints[i + 2];
    }
    const cells = new StaticArray<StaticArray<i32>>(tree.banks);
    for (let bank = 0; bank < tree.banks; bank++) {
      const ofBank = new StaticArray<i32>(popcnt(depths));
      let at = 0;
      for (let depth = 0; depth < NODE_LEVELS; depth++) {
        if (((depths >> depth) & 1) === 0) continue;
        ofBank[at++] = table.at(tree.node(bank, depth), this.index);
      }
      cells[bank] = ofBank;
    }
    this.readyCells = cells;
  }

  private layFollowers(table: CellTable, tree: Tree, constraints: StaticArray<i32>): void {
    const chosen = new StaticArray<i32>(constraints.length / CONSTRAINT_WORDS);
    let count = 0;
    for (let depth = 0; depth < NODE_LEVELS; depth++) {
      for (let i = 0; i < constraints.length; i += CONSTRAINT_WORDS) {
        const isPlain = constraints[i] === this.index && constraints[i + 4] === 1;
        if (isPlain && constraints[i + 2] === depth) chosen[count++] = i;
      }
      this.followersDownTo[depth] = count;
    }
    const cycles = new StaticArray<i32>(count);
    for (let k = 0; k < count; k++) cycles[k] = constraints[chosen[k] + 3];
    const cells = new StaticArray<StaticArray<i32>>(tree.banks);
    for (let bank = 0; bank < tree.banks; bank++) {
      const ofBank = new StaticArray<i32>(count);
      for (let k = 0; k < count; k++) {
        const node = tree.node(bank, constraints[chosen[k] + 2]);
        ofBank[k] = table.at(node, constraints[chosen[k] + 1]);
      }
      cells[bank] = ofBank;
    }
    this.followerCells = cells;
    this.followerCycles = cycles;
  }

  private layWindowed(constraints: StaticArray<i32>): void {
    let count = 0;
    for (let i = 0; i < constraints.length; i += CONSTRAINT_WORDS) {
      if (constraints[i] === this.index && constraints[i + 4] > 1) count++;
    }
    const windowed = new StaticArray<Windowed>(count);
    for (let i = constraints.length - CONSTRAINT_WORDS; i >= 0; i -= CONSTRAINT_WORDS) {
      if (constraints[i] !== this.index || constraints[i + 4] === 1) continue;
      windowed[--count] = new Windowed(
        constraints[i + 1],
        constraints[i + 2],
        constraints[i + 3],
        constraints[i + 4],
      );
    }
    this.windowed = windowed;
  }

  /** The bank-level cells of every bank whose ids are those the table names. */
  private layOtherCells(tree: Tree): void {
    const first = this.followersDownTo[BANK - 1];
    const perBank = this.followersDownTo[BANK] - first;
    const all = new StaticArray<StaticArray<i32>>(tree.banks);
    let most = 0;
    for (let bank = 0; bank < tree.banks; bank++) {
      let others = 0;
      for (let other = 0; other < tree.banks; other++) {
        if (this.reaches(tree, bank, other)) others++;
      }
      most = max(most, others);
      const cells = new StaticArray<i32>(others * perBank);
      let at = 0;
      for (let other = 0; other < tree.banks; other++) {
        if (!this.reaches(tree, bank, other)) continue;
        for (let k = 0; k < perBank; k++) cells[at++] = this.followerCells[other][first + k];
      }
      all[bank] = cells;
    }
    const cycles = new StaticArray<i32>(most * perBank);
    for (let i = 0; i < cycles.length; i++) cycles[i] = this.followerCycles[first + i % perBank];
    this.otherCells = all;
    this.otherCycles = cycles;
  }

  private reaches(tree: Tree, bank: i32, other: i32): bool {
    for (let depth = PSEUDOCHANNEL; depth < NODE_LEVELS; depth++) {
      const from = this.otherBanks[depth];
      if (from >= 0 && tree.id(other, depth) !== tree.id(bank, from)) return false;
    }
    return true;
  }
}

function groups(tree: Tree, mask: i32): BankGroups | null {
  return mask < 0 ? null : new BankGroups(tree, mask);
}

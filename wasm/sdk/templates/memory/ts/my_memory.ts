// A stack with multipliers beside every bank: costs follow from a table and a formula. A beginning:
// change the table, the formula and what `describe` says.
//
// A channel serves one head. Each of its banks holds one token of a block of 16, and a MAC takes one
// column from every bank at once. A key or value fills
//   columns = headDim * elementBytes / COLUMN_BYTES, rounded up
// of its bank, one block's columns after the other's. A pass over the keys or the values of some
// blocks takes
//   macs = blocks * columns              one a gap of MAC_CYCLES
//   rows = rows these columns lie in     each opened first, for OPEN_CYCLES
// and every query takes, a column at a time, MOVE_CYCLES each,
//   columns moves    of the query to the units, of the result back
//   blocks moves     of 16 scores to the buffer die, of 16 weights back
// and SOFTMAX_CYCLES a block there. Nothing overlaps but the channels.

// What it is made of.
const CHANNELS = 16;
const BLOCK_TOKENS = 16;
const COLUMN_BYTES = 32;
const ROW_COLUMNS = 32;
const CAPACITY_BYTES = 2 ** 34;

// Times, in cycles. QUERY_CYCLES are a unit's multiplications for one query.
const CYCLE_NS = 0.75;
const MAC_CYCLES = { limited: 4, unlimited: 2 };
const QUERY_CYCLES = 2;
const OPEN_CYCLES = 36;
const MOVE_CYCLES = 2;
const SOFTMAX_CYCLES = 4;

// Energies, in picojoules: of a row, a bit, a multiplication with its addition.
const ROW_PICOJOULES = 900;
const CELL_PICOJOULES = 0.44;
const MOVE_PICOJOULES = 1.5;
const MULTIPLY_PICOJOULES = 0.32;

// The largest programs it answers: all sums then stay below 2^53.
const MOST_HEADS = 2 ** 10;
const MOST_HEAD_DIM = 2 ** 12;
const MOST_TOKENS = 2 ** 24;
const MOST_QUERIES = 16;

type Power = keyof typeof MAC_CYCLES;

/** The parts of the contract's program that this memory looks at. */
interface Program {
  readonly level: string;
  readonly power: Power;
  readonly heads: number;
  readonly headDim: number;
  readonly elementBytes: number;
  readonly contextTokens: number;
  readonly keptTokens: number;
  readonly blocks: { readonly offsets: Uint32Array; readonly blocks: Uint32Array };
  readonly clustering: { readonly tag: string };
  readonly queries: number;
  readonly passes: "attention" | "scores";
  readonly metadataReads: readonly unknown[];
}

interface Command {
  readonly kind: string;
  readonly address: bigint;
}

const up = (amount: number, unit: number) => Math.ceil(amount / unit);
const within = (value: number, most: number) => value >= 1 && value <= most;

/** The first field of a program that this memory does not serve; undefined: it serves the program. */
function unsupportedField(program: Program): string | undefined {
  if (program.level !== "bank") return "level";
  if (!within(program.heads, MOST_HEADS)) return "heads";
  if (!within(program.headDim, MOST_HEAD_DIM)) return "head-dim";
  if (!within(program.elementBytes, 2)) return "element-bytes";
  if (!within(program.contextTokens, MOST_TOKENS)) return "context-tokens";
  if (program.blocks.offsets.length > 0) {
    if (!areBlockLists(program)) return "blocks";
  } else if (!within(program.keptTokens, MOST_TOKENS)) {
    return "kept-tokens";
  }
  if (program.clustering.tag !== "none") return "clustering";
  if (!within(program.queries, MOST_QUERIES)) return "queries";
  return program.metadataReads.length > 0 ? "metadata-reads" : undefined;
}

/** Whether there is a list for each head, ascending, of blocks that hold tokens of the context. */
function areBlockLists({ heads, contextTokens, blocks: { offsets, blocks } }: Program): boolean {
  if (offsets.length !== heads + 1) return false;
  if (offsets[0] !== 0 || offsets[heads] !== blocks.length) return false;
  const stored = up(contextTokens, BLOCK_TOKENS);
  for (let head = 0; head < heads; head++) {
    const [begin, end] = [offsets[head]!, offsets[head + 1]!];
    if (end < begin || end > blocks.length) return false;
    for (let i = begin; i < end; i++) {
      if (blocks[i]! >= stored || (i > begin && blocks[i]! <= blocks[i - 1]!)) return false;
    }
  }
  return true;
}

/** Commands of one channel, or of all of them. */
class Work {
  macs = 0;
  rows = 0;
  loads = 0;
  stores = 0;
  /** Columns of queries, and of weights, to the units. */
  queriesIn = 0;
  weightsIn = 0;
  /** Columns of scores and results from the units. */
  resultsOut = 0;
  softmaxes = 0;
  openRow = -1;
  power: Power;
  queries: number;

  constructor(power: Power, queries: number) {
    this.power = power;
    this.queries = queries;
  }

  addHead(program: Program, head: number): void {
    const columns = up(program.headDim * program.elementBytes, COLUMN_BYTES);
    let blocks = up(program.keptTokens, BLOCK_TOKENS);
    let rows = up(blocks * columns, ROW_COLUMNS);
    const { offsets, blocks: listed } = program.blocks;
    if (offsets.length > 0) {
      const own = listed.subarray(offsets[head], offsets[head + 1]);
      blocks = own.length;
      rows = rowsOf(own, columns);
    }
    const passes = program.passes === "attention" ? 2 : 1;
    this.macs += passes * blocks * columns;
    this.rows += passes * rows;
    this.queriesIn += this.queries * columns;
    this.resultsOut += this.queries * blocks;
    if (program.passes === "scores") return;
    this.softmaxes += this.queries * blocks;
    this.weightsIn += this.queries * blocks;
    this.resultsOut += this.queries * columns;
  }

  /** Whether the command is known; its address is below the capacity. */
  addCommand({ kind, address }: Command): boolean {
    switch (kind) {
      case "mac-all-bank":
        this.macs++;
        this.open(Number(address));
        return true;
      case "load":
        this.loads++;
        this.open(Number(address));
        return true;
      case "store":
        this.stores++;
        this.open(Number(address));
        return true;
      case "write-gemv-buffer":
        this.queriesIn++;
        return true;
      case "move-gemv-buffer":
        this.weightsIn++;
        return true;
      case "move-softmax-buffer":
        this.resultsOut++;
        return true;
      case "softmax":
        this.softmaxes++;
        return true;
      // What it would wait for is over.
      case "barrier":
      case "set-model":
      case "set-head":
        return true;
      default:
        return false;
    }
  }

  open(address: number): void {
    const row = Math.floor(address / (ROW_COLUMNS * COLUMN_BYTES));
    if (row !== this.openRow) this.rows++;
    this.openRow = row;
  }

  add(other: Work): void {
    this.macs += other.macs;
    this.rows += other.rows;
    this.queriesIn += other.queriesIn;
    this.weightsIn += other.weightsIn;
    this.resultsOut += other.resultsOut;
    this.softmaxes += other.softmaxes;
  }

  moves(): number {
    return this.loads + this.stores + this.queriesIn + this.weightsIn + this.resultsOut;
  }

  /** Cycles if all of it is one after the other. */
  cycles(): number {
    const gap = Math.max(MAC_CYCLES[this.power], QUERY_CYCLES * this.queries);
    return this.macs * gap + this.rows * OPEN_CYCLES + this.moves() * MOVE_CYCLES +
      this.softmaxes * SOFTMAX_CYCLES;
  }

  cost(cycles: number, elementBytes: number) {
    const read = this.macs * BLOCK_TOKENS * COLUMN_BYTES;
    const multiplications = read / elementBytes * this.queries;
    return {
      cycles: BigInt(cycles),
      cycleNs: CYCLE_NS,
      counts: {
        load: BigInt(this.loads),
        store: BigInt(this.stores),
        mac: BigInt(this.macs),
        softmax: BigInt(this.softmaxes),
        moveGemvBuffer: BigInt(this.weightsIn),
        moveSoftmaxBuffer: BigInt(this.resultsOut),
        writeGemvBuffer: BigInt(this.queriesIn),
        activations: BigInt(this.rows),
        refreshes: undefined,
      },
      energy: [
        { kind: "activation", picojoules: this.rows * BLOCK_TOKENS * ROW_PICOJOULES },
        { kind: "cell-access", picojoules: read * 8 * CELL_PICOJOULES },
        { kind: "compute", picojoules: multiplications * MULTIPLY_PICOJOULES },
        { kind: "io", picojoules: this.moves() * COLUMN_BYTES * 8 * MOVE_PICOJOULES },
      ],
    };
  }
}

/** Rows that the columns of some ascending blocks lie in. */
function rowsOf(blocks: Uint32Array, columns: number): number {
  let rows = 0;
  let uncounted = 0;
  for (const block of blocks) {
    const begin = Math.max(uncounted, Math.floor(block * columns / ROW_COLUMNS));
    uncounted = up((block + 1) * columns, ROW_COLUMNS);
    rows += uncounted - begin;
  }
  return rows;
}

/** Channels work side by side: each round of heads takes as long as its longest. */
function costOf(program: Program) {
  const total = new Work(program.power, program.queries);
  let cycles = 0;
  for (let first = 0; first < program.heads; first += CHANNELS) {
    let longest = 0;
    for (let head = first; head < Math.min(first + CHANNELS, program.heads); head++) {
      const work = new Work(program.power, program.queries);
      work.addHead(program, head);
      longest = Math.max(longest, work.cycles());
      total.add(work);
    }
    cycles += longest;
  }
  return total.cost(cycles, program.elementBytes);
}

function describe() {
  return {
    name: "my-memory",
    version: "0.1.0",
    summary: "A stack with multipliers beside every bank, by a formula.",
    citation: { title: "", venue: "", identifier: "", code: "" },
    levels: [{ level: "bank", blockTokens: BLOCK_TOKENS }],
    powerBudgets: ["limited", "unlimited"],
    cycleNs: CYCLE_NS,
    channels: CHANNELS,
    capacityBytes: BigInt(CAPACITY_BYTES),
  };
}

function simulate(programs: readonly Program[]) {
  return programs.map((program, index) => {
    const field = unsupportedField(program);
    if (field !== undefined) throw { tag: "unsupported", val: { program: index, field } };
    return costOf(program);
  });
}

function runTrace(level: string, power: Power, queries: number, commands: readonly Command[]) {
  const declined = (field: string) => ({ tag: "unsupported", val: { program: 0, field } });
  if (level !== "bank") throw declined("level");
  if (!within(queries, MOST_QUERIES)) throw declined("queries");
  const work = new Work(power, queries);
  commands.forEach((command, index) => {
    if (command.address < BigInt(CAPACITY_BYTES) && work.addCommand(command)) return;
    throw { tag: "bad-command", val: index };
  });
  return work.cost(work.cycles(), 2);
}

export const memory = { describe, simulate, runTrace };

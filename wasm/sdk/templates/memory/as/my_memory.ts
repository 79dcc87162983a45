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
import {
  ClusteringWorkTag,
  Command,
  CommandKind,
  ComputingLevel,
  Cost,
  Description,
  EnergyKind,
  EnergyTerm,
  fail,
  MemoryError,
  ok,
  Option,
  Passes,
  PimLevel,
  PowerBudget,
  Program,
  ProgramField,
  Result,
  UnsupportedProgram,
} from "kvpim/memory";
import { areBlockLists, hasBlockLists } from "kvpim/block_lists";

// What it is made of.
const CHANNELS: u32 = 16;
const BLOCK_TOKENS: u32 = 16;
const COLUMN_BYTES: u32 = 32;
const ROW_COLUMNS: u32 = 32;
const CAPACITY_BYTES: u64 = 1 << 34;

// Times, in cycles.
const CYCLE_NS: f64 = 0.75;
/** By power budget: limited, unlimited. */
const MAC_CYCLES: StaticArray<u64> = [4, 2];
/** A unit's multiplications for one query. */
const QUERY_CYCLES: u64 = 2;
/** Precharge and activation. */
const OPEN_CYCLES: u64 = 36;
const MOVE_CYCLES: u64 = 2;
const SOFTMAX_CYCLES: u64 = 4;

// Energies, in picojoules: of a row, a bit, a multiplication with its addition.
const ROW_PICOJOULES: f64 = 900;
const CELL_PICOJOULES: f64 = 0.44;
const MOVE_PICOJOULES: f64 = 1.5;
const MULTIPLY_PICOJOULES: f64 = 0.32;

// The largest programs it answers: all sums then stay below 2^64.
const MOST_HEADS: u32 = 1 << 16;
const MOST_HEAD_DIM: u32 = 1 << 12;
const MOST_TOKENS: u32 = 1 << 24;
const MOST_QUERIES: u32 = 16;

export class Memory {
  static describe(): Description {
    const description = new Description();
    description.name = "my-memory";
    description.version = "0.1.0";
    description.summary = "A stack with multipliers beside every bank, by a formula.";
    const bank = new ComputingLevel();
    bank.level = PimLevel.Bank;
    bank.blockTokens = BLOCK_TOKENS;
    description.levels = [bank];
    description.powerBudgets = [PowerBudget.Limited, PowerBudget.Unlimited];
    description.cycleNs = CYCLE_NS;
    description.channels = CHANNELS;
    description.capacityBytes = CAPACITY_BYTES;
    return description;
  }

  static simulate(programs: Array<Program>): Result<Array<Cost>, MemoryError> {
    const costs: Array<Cost> = [];
    for (let i = 0; i < programs.length; i++) {
      const field = unsupportedField(programs[i]);
      if (field >= 0) return fail<Array<Cost>>(unsupported(i, <ProgramField> field));
      costs.push(costOf(programs[i]));
    }
    return ok(costs);
  }

  static runTrace(
    level: PimLevel,
    power: PowerBudget,
    queries: u32,
    commands: Array<Command>,
  ): Result<Cost, MemoryError> {
    if (level !== PimLevel.Bank) return fail<Cost>(unsupported(0, ProgramField.Level));
    if (queries < 1 || queries > MOST_QUERIES) {
      return fail<Cost>(unsupported(0, ProgramField.Queries));
    }
    const work = new Work(power, queries);
    for (let i = 0; i < commands.length; i++) {
      if (commands[i].address >= CAPACITY_BYTES || !work.addCommand(commands[i])) {
        return fail<Cost>(MemoryError.badCommand(i));
      }
    }
    return ok(work.cost(work.cycles(), 2));
  }
}

/** The first field of a program that this memory does not serve; -1: it serves the program. */
function unsupportedField(program: Program): i32 {
  if (program.level !== PimLevel.Bank) return ProgramField.Level;
  if (program.heads < 1 || program.heads > MOST_HEADS) return ProgramField.Heads;
  if (program.headDim < 1 || program.headDim > MOST_HEAD_DIM) return ProgramField.HeadDim;
  if (program.elementBytes < 1 || program.elementBytes > 2) return ProgramField.ElementBytes;
  if (program.contextTokens < 1 || program.contextTokens > MOST_TOKENS) {
    return ProgramField.ContextTokens;
  }
  if (hasBlockLists(program)) {
    if (!areBlockLists(program, BLOCK_TOKENS)) return ProgramField.Blocks;
  } else if (program.keptTokens < 1 || program.keptTokens > MOST_TOKENS) {
    return ProgramField.KeptTokens;
  }
  if (program.clustering.tag !== ClusteringWorkTag.None) return ProgramField.Clustering;
  if (program.queries < 1 || program.queries > MOST_QUERIES) return ProgramField.Queries;
  return program.metadataReads.length > 0 ? ProgramField.MetadataReads : -1;
}

function unsupported(program: u32, field: ProgramField): MemoryError {
  const unsupported = new UnsupportedProgram();
  unsupported.program = program;
  unsupported.field = field;
  return MemoryError.unsupported(unsupported);
}

/** Channels work side by side: each round of heads takes as long as its longest. */
function costOf(program: Program): Cost {
  const total = new Work(program.power, program.queries);
  let cycles: u64 = 0;
  for (let first: u32 = 0; first < program.heads; first += CHANNELS) {
    let longest: u64 = 0;
    for (let head = first; head < min(first + CHANNELS, program.heads); head++) {
      const work = new Work(program.power, program.queries);
      work.addHead(program, head);
      longest = max(longest, work.cycles());
      total.add(work);
    }
    cycles += longest;
  }
  return total.cost(cycles, program.elementBytes);
}

/** Commands of one channel, or of all of them. */
class Work {
  private macs: u64 = 0;
  private rows: u64 = 0;
  private loads: u64 = 0;
  private stores: u64 = 0;
  /** Columns of queries, and of weights, to the units. */
  private queriesIn: u64 = 0;
  private weightsIn: u64 = 0;
  /** Columns of scores and results from the units. */
  private resultsOut: u64 = 0;
  private softmaxes: u64 = 0;
  private openRow: u64 = u64.MAX_VALUE;

  constructor(private power: PowerBudget, private queries: u64) {}

  addHead(program: Program, head: u32): void {
    const columns: u64 = (program.headDim * program.elementBytes + COLUMN_BYTES - 1) / COLUMN_BYTES;
    let blocks: u64 = (program.keptTokens + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
    let rows: u64 = (blocks * columns + ROW_COLUMNS - 1) / ROW_COLUMNS;
    if (hasBlockLists(program)) {
      const offsets = program.blocks.offsets;
      blocks = offsets[head + 1] - offsets[head];
      rows = rowsOf(program.blocks.blocks, offsets[head], offsets[head + 1], columns);
    }
    const passes: u64 = program.passes === Passes.Attention ? 2 : 1;
    this.macs += passes * blocks * columns;
    this.rows += passes * rows;
    this.queriesIn += this.queries * columns;
    this.resultsOut += this.queries * blocks;
    if (program.passes === Passes.Scores) return;
    this.softmaxes += this.queries * blocks;
    this.weightsIn += this.queries * blocks;
    this.resultsOut += this.queries * columns;
  }

  /** Whether the command is known; its address is below the capacity. */
  addCommand(command: Command): bool {
    switch (command.kind) {
      case CommandKind.MacAllBank:
        this.macs++;
        this.open(command.address);
        return true;
      case CommandKind.Load:
        this.loads++;
        this.open(command.address);
        return true;
      case CommandKind.Store:
        this.stores++;
        this.open(command.address);
        return true;
      case CommandKind.WriteGemvBuffer:
        this.queriesIn++;
        return true;
      case CommandKind.MoveGemvBuffer:
        this.weightsIn++;
        return true;
      case CommandKind.MoveSoftmaxBuffer:
        this.resultsOut++;
        return true;
      case CommandKind.Softmax:
        this.softmaxes++;
        return true;
      // What it would wait for is over.
      case CommandKind.Barrier:
      case CommandKind.SetModel:
      case CommandKind.SetHead:
        return true;
      default:
        return false;
    }
  }

  private open(address: u64): void {
    const row = address / (ROW_COLUMNS * COLUMN_BYTES);
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

  private moves(): u64 {
    return this.loads + this.stores + this.queriesIn + this.weightsIn + this.resultsOut;
  }

  /** Cycles if all of it is one after the other. */
  cycles(): u64 {
    const gap = max(MAC_CYCLES[this.power], QUERY_CYCLES * this.queries);
    return this.macs * gap + this.rows * OPEN_CYCLES + this.moves() * MOVE_CYCLES +
      this.softmaxes * SOFTMAX_CYCLES;
  }

  cost(cycles: u64, elementBytes: u64): Cost {
    const cost = new Cost();
    cost.cycles = cycles;
    cost.cycleNs = CYCLE_NS;
    cost.counts.load = this.loads;
    cost.counts.store = this.stores;
    cost.counts.mac = this.macs;
    cost.counts.softmax = this.softmaxes;
    cost.counts.moveGemvBuffer = this.weightsIn;
    cost.counts.moveSoftmaxBuffer = this.resultsOut;
    cost.counts.writeGemvBuffer = this.queriesIn;
    cost.counts.activations = Option.some<u64>(this.rows);
    const read = <f64> this.macs * BLOCK_TOKENS * COLUMN_BYTES;
    const multiplications = read / <f64> elementBytes * <f64> this.queries;
    cost.energy = [
      term(EnergyKind.Activation, <f64> this.rows * BLOCK_TOKENS * ROW_PICOJOULES),
      term(EnergyKind.CellAccess, read * 8 * CELL_PICOJOULES),
      term(EnergyKind.Compute, multiplications * MULTIPLY_PICOJOULES),
      term(EnergyKind.Io, <f64> this.moves() * COLUMN_BYTES * 8 * MOVE_PICOJOULES),
    ];
    return cost;
  }
}

/** Rows that the columns of some ascending blocks lie in. */
function rowsOf(blocks: StaticArray<u32>, first: u32, end: u32, columns: u64): u64 {
  let rows: u64 = 0;
  let uncounted: u64 = 0;
  for (let i = first; i < end; i++) {
    const begin = max(uncounted, blocks[i] * columns / ROW_COLUMNS);
    uncounted = ((blocks[i] + 1) * columns + ROW_COLUMNS - 1) / ROW_COLUMNS;
    rows += uncounted - begin;
  }
  return rows;
}

function term(kind: EnergyKind, picojoules: f64): EnergyTerm {
  const term = new EnergyTerm();
  term.kind = kind;
  term.picojoules = picojoules;
  return term;
}

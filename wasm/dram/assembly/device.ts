/** The device the engine runs: everything a standard's table says, laid out for lookup. */
import { CellTable, Command, CONSTRAINT_WORDS } from "./command";
import { ImageReader } from "./image_reader";
import { ADDRESS_LEVELS, BANK, CHANNEL, COLUMN, PSEUDOCHANNEL, ROW } from "./levels";
import { Tree } from "./tree";

/** Queues a request can go to. */
export const QUEUE_READ: i32 = 0;
export const QUEUE_WRITE: i32 = 1;
export const QUEUE_PIM: i32 = 2;

/** One kind of request. */
export class RequestKind {
  constructor(
    /** The command that serves it. */
    readonly command: Command,
    readonly queue: i32,
    readonly isBarrier: bool,
  ) {}
}

export class Device {
  readonly counts: StaticArray<i32>;
  readonly tree: Tree;
  /** Requests a queue of the controller holds. */
  readonly queueEntries: i32;
  /** Writes at which the controller turns to them, and down to which it stays. */
  readonly writeModeFrom: i32;
  readonly writeModeUntil: i32;
  /** Cycles from a read command to its data. */
  readonly readLatency: i32;
  readonly refreshCommand: i32;
  readonly refreshDepth: i32;
  readonly refreshInterval: i32;
  readonly refreshQueueEntries: i32;
  /** Nodes of a channel that are refreshed one after the other, and banks below each. */
  readonly refreshNodes: i32;
  readonly refreshNodeBanks: i32;
  readonly commands: StaticArray<Command>;
  readonly cells: CellTable;
  /** Commands with a windowed constraint. */
  readonly windowedCommands: i32;
  readonly requests: StaticArray<RequestKind>;
  /** Addresses that are equal from this bit on are in the same bank and row. */
  readonly placeShift: i32;

  /** Shift and mask of each address level. */
  private shifts: StaticArray<i32> = new StaticArray<i32>(ADDRESS_LEVELS);
  private masks: StaticArray<i32> = new StaticArray<i32>(ADDRESS_LEVELS);

  constructor(image: StaticArray<i32>) {
    const reader = new ImageReader(image);
    const counts = reader.take(ADDRESS_LEVELS);
    const accessShift = reader.next();
    const order = reader.take(ADDRESS_LEVELS);
    const tree = new Tree(counts);
    this.counts = counts;
    this.tree = tree;
    this.queueEntries = reader.next();
    this.writeModeFrom = reader.next();
    this.writeModeUntil = reader.next();
    this.readLatency = reader.next();
    const refreshCommand = reader.next();
    const refreshDepth = reader.next();
    this.refreshCommand = refreshCommand;
    this.refreshDepth = refreshDepth;
    this.refreshInterval = reader.next();
    this.refreshQueueEntries = reader.next();
    let refreshNodes = 1;
    for (let depth = PSEUDOCHANNEL; depth <= refreshDepth; depth++) refreshNodes *= counts[depth];
    this.refreshNodes = refreshNodes;
    this.refreshNodeBanks = tree.banks / refreshNodes;

    const commands = readCommands(tree, reader);
    const cells = new CellTable(tree.nodes, commands.length);
    this.commands = commands;
    this.cells = cells;
    this.requests = readRequests(commands, reader);
    this.windowedCommands = linkCommands(commands, tree, cells, reader);
    this.placeShift = order[0] === COLUMN ? accessShift + bitsOf(counts[COLUMN]) : 0;
    this.layAddressMap(accessShift, order);
  }

  private layAddressMap(accessShift: i32, order: StaticArray<i32>): void {
    let shift = accessShift;
    for (let i = 0; i < ADDRESS_LEVELS; i++) {
      const level = order[i];
      const bits = bitsOf(this.counts[level]);
      this.shifts[level] = shift;
      this.masks[level] = (1 << bits) - 1;
      shift += bits;
    }
  }

  /** Id of one level of a byte address. */
  private field(address: u64, level: i32): i32 {
    return (<i32> (address >> this.shifts[level])) & this.masks[level];
  }

  channelOf(address: u64): i32 {
    return this.field(address, CHANNEL);
  }

  /** Number within its channel. */
  bankOf(address: u64): i32 {
    let index = 0;
    for (let depth = PSEUDOCHANNEL; depth <= BANK; depth++) {
      index = index * this.counts[depth] + this.field(address, depth);
    }
    return index;
  }

  rowOf(address: u64): i32 {
    return this.field(address, ROW);
  }

  columnOf(address: u64): i32 {
    return this.field(address, COLUMN);
  }
}

/** Address bits of a level: a count that is no power of two loses its remainder. */
function bitsOf(count: i32): i32 {
  return 31 - clz(count);
}

function readCommands(tree: Tree, reader: ImageReader): StaticArray<Command> {
  const commands = new StaticArray<Command>(reader.next());
  for (let i = 0; i < commands.length; i++) commands[i] = new Command(i, tree, reader);
  return commands;
}

function readRequests(
  commands: StaticArray<Command>,
  reader: ImageReader,
): StaticArray<RequestKind> {
  const requests = new StaticArray<RequestKind>(reader.next());
  for (let i = 0; i < requests.length; i++) {
    const command = commands[reader.next()];
    const queue = reader.next();
    requests[i] = new RequestKind(command, queue, reader.next() !== 0);
  }
  return requests;
}

/** Lays the constraints; returns how many commands have windowed ones. */
function linkCommands(
  commands: StaticArray<Command>,
  tree: Tree,
  cells: CellTable,
  reader: ImageReader,
): i32 {
  const count = reader.next();
  const constraints = reader.take(count * CONSTRAINT_WORDS);
  let windowed = 0;
  for (let i = 0; i < commands.length; i++) {
    commands[i].link(commands, tree, cells, constraints);
    if (commands[i].windowed.length > 0) commands[i].windowedIndex = windowed++;
  }
  return windowed;
}

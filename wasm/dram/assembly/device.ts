/**
 * The device the engine runs: everything a standard's table says, in arrays laid out for lookup.
 */

/** Depths of the device tree. */
export const CHANNEL: i32 = 0;
export const PSEUDOCHANNEL: i32 = 1;
export const BANK: i32 = 4;
/** Levels that carry state and timing. */
export const NODE_LEVELS: i32 = 5;
const ADDRESS_LEVELS: i32 = 7;
const ROW: i32 = 5;
const COLUMN: i32 = 6;

/** Halves of the command bus. */
export const BUS_ROW: i32 = 0;
export const BUS_NONE: i32 = -1;

/** What a command requires of the banks it touches. */
export const REQUIRES_NOTHING: i32 = 0;
export const REQUIRES_ROW_OPEN: i32 = 1;

/** Queues a request can go to. */
export const QUEUE_READ: i32 = 0;
export const QUEUE_WRITE: i32 = 1;
export const QUEUE_PIM: i32 = 2;

/** Reads the words of a device image one after the other. */
class ImageReader {
  constructor(private words: StaticArray<i32>) {}
  private at: i32 = 0;

  next(): i32 {
    return this.words[this.at++];
  }

  take(count: i32): StaticArray<i32> {
    const taken = new StaticArray<i32>(count);
    for (let i = 0; i < count; i++) taken[i] = this.next();
    return taken;
  }
}

/** Banks of one channel, grouped: which group a bank is in and which banks a group has. */
export class BankGroups {
  /** First index into `members` of each bank's group; the group ends before `ends`. */
  starts: StaticArray<i32>;
  ends: StaticArray<i32>;
  /** Bank indices, group by group, ascending within a group. */
  members: StaticArray<i32>;

  constructor(device: Device, mask: i32) {
    const banks = device.banks;
    this.starts = new StaticArray<i32>(banks);
    this.ends = new StaticArray<i32>(banks);
    this.members = new StaticArray<i32>(banks);
    const grouped = new StaticArray<bool>(banks);
    let filled = 0;
    for (let first = 0; first < banks; first++) {
      if (grouped[first]) continue;
      const start = filled;
      for (let bank = first; bank < banks; bank++) {
        if (!device.agree(first, bank, mask)) continue;
        grouped[bank] = true;
        this.members[filled++] = bank;
      }
      for (let i = start; i < filled; i++) {
        this.starts[this.members[i]] = start;
        this.ends[this.members[i]] = filled;
      }
    }
  }
}

/** One command. */
export class Command {
  /** Depth down to which readiness is checked. */
  depth: i32 = 0;
  bus: i32 = BUS_NONE;
  opens: BankGroups | null = null;
  closes: BankGroups | null = null;
  requires: i32 = REQUIRES_NOTHING;
  requiredBanks: BankGroups | null = null;
  opener: i32 = -1;
  closer: i32 = -1;
  /** For each depth the depth whose id is compared, or -1. */
  alsoTimes: StaticArray<i32> = new StaticArray<i32>(0);
  /** For each bank the other banks its bank-level constraints reach; null when there are none. */
  alsoTimed: StaticArray<StaticArray<i32>> | null = null;
  /** Depths at which some command delays this one, ascending. */
  readyDepths: StaticArray<i32> = new StaticArray<i32>(0);
  /** The first and the last of them; the channel when there are none. */
  shallowest: i32 = CHANNEL;
  deepest: i32 = CHANNEL;
  /** Its constraints as the preceding command, shallow levels first. */
  followers: StaticArray<i32> = new StaticArray<i32>(0);
  followerDepths: StaticArray<i32> = new StaticArray<i32>(0);
  /** Index of the first constraint at bank level. */
  bankFollowers: i32 = 0;
  followerCycles: StaticArray<i32> = new StaticArray<i32>(0);
  /** 1, or how many issues back the cycles count from. */
  followerWindows: StaticArray<i32> = new StaticArray<i32>(0);
  /** The largest window; 1 when no constraint has one. */
  window: i32 = 1;
  /** Number among the commands with a window, or -1. */
  windowedIndex: i32 = -1;

  /** Whether it opens or closes rows. */
  get preparesRows(): bool {
    return this.opens !== null || this.closes !== null;
  }
}

/** A device. */
export class Device {
  counts: StaticArray<i32>;
  accessShift: i32 = 0;
  /** Shift and mask of each address level. */
  shifts: StaticArray<i32> = new StaticArray<i32>(ADDRESS_LEVELS);
  masks: StaticArray<i32> = new StaticArray<i32>(ADDRESS_LEVELS);

  /** Addresses that are equal above this bit are in the same bank and row. */
  placeShift: i32 = 0;

  queueEntries: i32 = 0;
  writeModeFrom: i32 = 0;
  writeModeUntil: i32 = 0;
  readLatency: i32 = 0;
  refreshCommand: i32 = 0;
  refreshDepth: i32 = 0;
  refreshInterval: i32 = 0;
  refreshQueueEntries: i32 = 0;
  /** Nodes of a channel that are refreshed one after the other, and banks below each. */
  refreshNodes: i32 = 1;
  refreshNodeBanks: i32 = 0;

  /** Commands with a window. */
  windowedCommands: i32 = 0;

  /** Banks of one channel. */
  banks: i32 = 0;
  /** Nodes of one channel's tree. */
  nodes: i32 = 0;
  /** Index of the first node of each depth. */
  firstNode: StaticArray<i32> = new StaticArray<i32>(NODE_LEVELS);
  /** Node of each depth above each bank: `path[bank * NODE_LEVELS + depth]`. */
  path: StaticArray<i32> = new StaticArray<i32>(0);
  /** Id within its parent of each node of `path`, same index. */
  ids: StaticArray<i32> = new StaticArray<i32>(0);

  commands: StaticArray<Command> = new StaticArray<Command>(0);
  requestCommand: StaticArray<i32> = new StaticArray<i32>(0);
  requestQueue: StaticArray<i32> = new StaticArray<i32>(0);
  requestIsBarrier: StaticArray<bool> = new StaticArray<bool>(0);

  constructor(image: StaticArray<i32>) {
    const reader = new ImageReader(image);
    this.counts = reader.take(ADDRESS_LEVELS);
    this.accessShift = reader.next();
    this.layAddressMap(reader.take(ADDRESS_LEVELS));
    this.queueEntries = reader.next();
    this.writeModeFrom = reader.next();
    this.writeModeUntil = reader.next();
    this.readLatency = reader.next();
    this.refreshCommand = reader.next();
    this.refreshDepth = reader.next();
    this.refreshInterval = reader.next();
    this.refreshQueueEntries = reader.next();
    this.layTree();
    this.readCommands(reader);
    this.readRequests(reader);
    this.readConstraints(reader);
  }

  /** Address bits of a level: a count that is no power of two loses its remainder. */
  private layAddressMap(order: StaticArray<i32>): void {
    let shift = this.accessShift;
    for (let i = 0; i < ADDRESS_LEVELS; i++) {
      const level = order[i];
      const bits = 31 - clz(this.counts[level]);
      this.shifts[level] = shift;
      this.masks[level] = (1 << bits) - 1;
      shift += bits;
      if (i === 0 && level === COLUMN) this.placeShift = shift;
    }
  }

  private layTree(): void {
    let banks = 1;
    let nodes = 0;
    let wide = 1;
    for (let depth = 0; depth < NODE_LEVELS; depth++) {
      wide = depth === CHANNEL ? 1 : wide * this.counts[depth];
      this.firstNode[depth] = nodes;
      nodes += wide;
      banks = wide;
    }
    this.banks = banks;
    this.nodes = nodes;
    for (let depth = PSEUDOCHANNEL; depth <= this.refreshDepth; depth++) {
      this.refreshNodes *= this.counts[depth];
    }
    this.refreshNodeBanks = banks / this.refreshNodes;
    this.path = new StaticArray<i32>(banks * NODE_LEVELS);
    this.ids = new StaticArray<i32>(banks * NODE_LEVELS);
    for (let bank = 0; bank < banks; bank++) {
      let index = bank;
      for (let depth = BANK; depth >= CHANNEL; depth--) {
        const siblings = depth === CHANNEL ? 1 : this.counts[depth];
        this.path[bank * NODE_LEVELS + depth] = this.firstNode[depth] + index;
        this.ids[bank * NODE_LEVELS + depth] = index % siblings;
        index /= siblings;
      }
    }
  }

  private readCommands(reader: ImageReader): void {
    const count = reader.next();
    this.commands = new StaticArray<Command>(count);
    for (let i = 0; i < count; i++) {
      const command = new Command();
      command.depth = reader.next();
      command.bus = reader.next();
      command.opens = this.groups(reader.next());
      command.closes = this.groups(reader.next());
      command.requires = reader.next();
      command.requiredBanks = this.groups(reader.next());
      command.opener = reader.next();
      command.closer = reader.next();
      command.alsoTimes = reader.take(NODE_LEVELS);
      this.commands[i] = command;
    }
  }

  private readRequests(reader: ImageReader): void {
    const count = reader.next();
    this.requestCommand = new StaticArray<i32>(count);
    this.requestQueue = new StaticArray<i32>(count);
    this.requestIsBarrier = new StaticArray<bool>(count);
    for (let i = 0; i < count; i++) {
      this.requestCommand[i] = reader.next();
      this.requestQueue[i] = reader.next();
      this.requestIsBarrier[i] = reader.next() !== 0;
    }
  }

  private readConstraints(reader: ImageReader): void {
    const total = reader.next();
    const rows = reader.take(total * 5);
    for (let command = 0; command < this.commands.length; command++) {
      this.layFollowers(command, rows);
      this.layReadyDepths(command, rows);
      this.layAlsoTimed(this.commands[command]);
      if (this.commands[command].window > 1) {
        this.commands[command].windowedIndex = this.windowedCommands++;
      }
    }
  }

  private layFollowers(command: i32, rows: StaticArray<i32>): void {
    const target = this.commands[command];
    let count = 0;
    for (let i = 0; i < rows.length; i += 5) if (rows[i] === command) count++;
    target.followers = new StaticArray<i32>(count);
    target.followerDepths = new StaticArray<i32>(count);
    target.followerCycles = new StaticArray<i32>(count);
    target.followerWindows = new StaticArray<i32>(count);
    let at = 0;
    for (let depth = 0; depth < NODE_LEVELS; depth++) {
      for (let i = 0; i < rows.length; i += 5) {
        if (rows[i] !== command || rows[i + 2] !== depth) continue;
        if (depth < BANK) target.bankFollowers = at + 1;
        target.followers[at] = rows[i + 1];
        target.followerDepths[at] = depth;
        target.followerCycles[at] = rows[i + 3];
        target.followerWindows[at] = rows[i + 4];
        target.window = max(target.window, rows[i + 4]);
        at++;
      }
    }
  }

  private layReadyDepths(command: i32, rows: StaticArray<i32>): void {
    let mask = 0;
    for (let i = 0; i < rows.length; i += 5) {
      if (rows[i + 1] === command) mask |= 1 << rows[i + 2];
    }
    const depths = new StaticArray<i32>(popcnt(mask));
    let at = 0;
    for (let depth = 0; depth < NODE_LEVELS; depth++) {
      if (((mask >> depth) & 1) !== 0) depths[at++] = depth;
    }
    const target = this.commands[command];
    target.readyDepths = depths;
    if (at === 0) return;
    target.shallowest = depths[0];
    target.deepest = depths[at - 1];
  }

  private layAlsoTimed(command: Command): void {
    if (command.alsoTimes[BANK] < 0 || command.bankFollowers === command.followers.length) return;
    const all = new StaticArray<StaticArray<i32>>(this.banks);
    for (let bank = 0; bank < this.banks; bank++) all[bank] = this.banksLike(command, bank);
    command.alsoTimed = all;
  }

  private banksLike(command: Command, bank: i32): StaticArray<i32> {
    let count = 0;
    for (let other = 0; other < this.banks; other++) {
      if (this.isLike(command, bank, other)) count++;
    }
    const banks = new StaticArray<i32>(count);
    let at = 0;
    for (let other = 0; other < this.banks; other++) {
      if (this.isLike(command, bank, other)) banks[at++] = other;
    }
    return banks;
  }

  private isLike(command: Command, bank: i32, other: i32): bool {
    for (let depth = PSEUDOCHANNEL; depth < NODE_LEVELS; depth++) {
      const from = command.alsoTimes[depth];
      if (from < 0) continue;
      const wanted = this.ids[bank * NODE_LEVELS + from];
      if (this.ids[other * NODE_LEVELS + depth] !== wanted) return false;
    }
    return true;
  }

  private groups(mask: i32): BankGroups | null {
    return mask < 0 ? null : new BankGroups(this, mask);
  }

  /** Whether two banks have the same id at every depth of `mask`. */
  agree(a: i32, b: i32, mask: i32): bool {
    for (let depth = 1; depth < NODE_LEVELS; depth++) {
      if (((mask >> depth) & 1) === 0) continue;
      if (this.ids[a * NODE_LEVELS + depth] !== this.ids[b * NODE_LEVELS + depth]) return false;
    }
    return true;
  }

  /** The queue that requests ending in this command go to. */
  requestQueueOf(command: i32): i32 {
    for (let i = 0; i < this.requestCommand.length; i++) {
      if (this.requestCommand[i] === command) return this.requestQueue[i];
    }
    return -1;
  }

  /** Id of one level of a byte address. */
  private field(address: u64, level: i32): i32 {
    return (<i32> (address >> this.shifts[level])) & this.masks[level];
  }

  channelOf(address: u64): i32 {
    return this.field(address, CHANNEL);
  }

  /** Index within its channel. */
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

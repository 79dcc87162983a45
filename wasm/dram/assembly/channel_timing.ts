/** When each command may next issue at each node of a channel's tree. */
import { Command } from "./command";
import { Device } from "./device";

/** A cycle so long ago that every window counted from it is over. */
const LONG_AGO: i64 = -(1 << 30);

export class ChannelTiming {
  /** Earliest cycle by cell; 0 where nothing was issued that matters. */
  private ready: StaticArray<i64>;
  /** Last issues of each windowed command at each node, a ring as long as the widest window. */
  private history: StaticArray<i64>;
  private historyAt: StaticArray<i32>;
  private ring: i32;
  /** Whether anything was remembered since the last clearing. */
  private remembers: bool = true;

  constructor(private device: Device) {
    let ring = 1;
    for (let i = 0; i < device.commands.length; i++) {
      const windowed = device.commands[i].windowed;
      for (let k = 0; k < windowed.length; k++) ring = max(ring, windowed[k].window);
    }
    const rings = device.windowedCommands * device.tree.nodes;
    this.ring = ring;
    this.ready = new StaticArray<i64>(device.cells.count);
    this.history = new StaticArray<i64>(rings * ring);
    this.historyAt = new StaticArray<i32>(rings);
    this.clear();
  }

  clear(): void {
    memory.fill(changetype<usize>(this.ready), 0, this.ready.length << 3);
    if (!this.remembers) return;
    this.remembers = false;
    for (let i = 0; i < this.history.length; i++) this.history[i] = LONG_AGO;
    memory.fill(changetype<usize>(this.historyAt), 0, this.historyAt.length << 2);
  }

  /** Earliest cycle of what the cells hold back together. */
  readyAtCells(cells: StaticArray<i32>): i64 {
    const ready = this.ready;
    let cycle: i64 = 0;
    for (let i = 0, n = cells.length; i < n; i++) {
      cycle = max(cycle, ready[cells[i]]);
    }
    return cycle;
  }

  /** Earliest cycle at which a command may issue to a bank, as far down as its scope. */
  readyAt(command: Command, bank: i32): i64 {
    return this.readyAtCells(command.readyCells[bank]);
  }

  /**
   * Records that a command issued.
   *
   * @param depth how deep its address goes: a refresh names no bank
   */
  issue(command: Command, bank: i32, depth: i32, cycle: i64): void {
    const count = command.followersDownTo[depth];
    this.delay(command.followerCells[bank], command.followerCycles, count, cycle);
    if (command.otherCells !== null) {
      const others = command.otherCells![bank];
      this.delay(others, command.otherCycles, others.length, cycle);
    }
    if (command.windowed.length > 0) this.issueWindowed(command, bank, depth, cycle);
  }

  private delay(
    cells: StaticArray<i32>,
    cycles: StaticArray<i32>,
    count: i32,
    cycle: i64,
  ): void {
    const ready = this.ready;
    for (let i = 0; i < count; i++) {
      const cell = cells[i];
      const earliest = cycle + <i64> cycles[i];
      if (earliest > ready[cell]) ready[cell] = earliest;
    }
  }

  private issueWindowed(command: Command, bank: i32, depth: i32, cycle: i64): void {
    const tree = this.device.tree;
    let remembered = -1;
    for (let i = 0; i < command.windowed.length; i++) {
      const constraint = command.windowed[i];
      if (constraint.depth > depth) continue;
      const node = tree.node(bank, constraint.depth);
      const ring = command.windowedIndex * tree.nodes + node;
      if (node !== remembered) this.remember(ring, cycle);
      remembered = node;
      const cell = this.device.cells.at(node, constraint.follower);
      const earliest = this.issuedBack(ring, constraint.window) + constraint.cycles;
      if (earliest > this.ready[cell]) this.ready[cell] = earliest;
    }
  }

  private remember(ring: i32, cycle: i64): void {
    this.remembers = true;
    const at = (this.historyAt[ring] + 1) % this.ring;
    this.historyAt[ring] = at;
    this.history[ring * this.ring + at] = cycle;
  }

  /** Cycle of the `window`-th last issue, the latest counted as the first. */
  private issuedBack(ring: i32, window: i32): i64 {
    const at = (this.historyAt[ring] + this.ring - (window - 1)) % this.ring;
    return this.history[ring * this.ring + at];
  }
}

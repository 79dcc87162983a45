/** When each command may next issue at each node of a channel's tree. */
import { BANK, Command, Device, NODE_LEVELS } from "./device";

export class ChannelTiming {
  /** Earliest cycle of each command at each node: `ready[node * commands + command]`. */
  private ready: StaticArray<i64>;
  /** Last issues of each windowed command at each node, a ring as long as the widest window. */
  private history: StaticArray<i64>;
  private historyAt: StaticArray<i32>;
  private commands: i32;
  private widestWindow: i32;

  constructor(private device: Device) {
    const commands = device.commands.length;
    const cells = device.nodes * commands;
    let widest = 1;
    for (let i = 0; i < commands; i++) widest = max(widest, device.commands[i].window);
    const windowed = device.windowedCommands * device.nodes;
    this.commands = commands;
    this.widestWindow = widest;
    this.ready = new StaticArray<i64>(cells);
    this.history = new StaticArray<i64>(windowed * widest);
    this.historyAt = new StaticArray<i32>(windowed);
    this.clear();
  }

  clear(): void {
    memory.fill(changetype<usize>(this.ready), 0, this.ready.length << 3);
    // Far enough back that a window counted from it is over.
    for (let i = 0; i < this.history.length; i++) unchecked(this.history[i] = -(1 << 30));
    memory.fill(changetype<usize>(this.historyAt), 0, this.historyAt.length << 2);
  }

  /** Earliest cycle at which a command may issue to a bank, as far down as its scope. */
  readyAt(index: i32, bank: i32): i64 {
    const depths = unchecked(this.device.commands[index]).readyDepths;
    const path = this.device.path;
    let cycle: i64 = 0;
    for (let i = 0, n = depths.length; i < n; i++) {
      const node = unchecked(path[bank * NODE_LEVELS + unchecked(depths[i])]);
      cycle = max(cycle, unchecked(this.ready[node * this.commands + index]));
    }
    return cycle;
  }

  /** Earliest cycle of a command at one node. */
  readyAtNode(index: i32, node: i32): i64 {
    return unchecked(this.ready[node * this.commands + index]);
  }

  /**
   * Records that a command issued.
   *
   * @param depth how deep its address goes: a refresh names no bank
   */
  issue(index: i32, bank: i32, depth: i32, cycle: i64): void {
    const command = unchecked(this.device.commands[index]);
    const path = this.device.path;
    const depths = command.followerDepths;
    for (let i = 0, n = depths.length; i < n; i++) {
      const at = unchecked(depths[i]);
      if (at > depth) break;
      this.delay(command, i, unchecked(path[bank * NODE_LEVELS + at]), cycle);
    }
    if (command.window > 1) this.remember(command, bank, depth, cycle);
  }

  /** Applies a command's bank-level constraints to banks, wherever it was addressed. */
  issueAtBanks(command: Command, banks: StaticArray<i32>, cycle: i64): void {
    const path = this.device.path;
    for (let i = 0, n = banks.length; i < n; i++) {
      const node = unchecked(path[unchecked(banks[i]) * NODE_LEVELS + BANK]);
      for (let k = command.bankFollowers, end = command.followers.length; k < end; k++) {
        this.delay(command, k, node, cycle);
      }
    }
  }

  private delay(command: Command, i: i32, node: i32, cycle: i64): void {
    const window = unchecked(command.followerWindows[i]);
    const from = window === 1 ? cycle : this.issuedBack(command, node, window);
    const at = node * this.commands + unchecked(command.followers[i]);
    const earliest = from + <i64> unchecked(command.followerCycles[i]);
    if (earliest > unchecked(this.ready[at])) unchecked(this.ready[at] = earliest);
  }

  /** Cycle of the `window`-th last issue, the one happening now counted. */
  private issuedBack(command: Command, node: i32, window: i32): i64 {
    const cell = command.windowedIndex * this.device.nodes + node;
    const ring = this.widestWindow;
    const slot = (this.historyAt[cell] + ring - (window - 1)) % ring;
    return this.history[cell * ring + slot];
  }

  private remember(command: Command, bank: i32, depth: i32, cycle: i64): void {
    let remembered = -1;
    for (let i = 0; i < command.followers.length; i++) {
      if (command.followerWindows[i] === 1 || command.followerDepths[i] > depth) continue;
      const node = this.device.path[bank * NODE_LEVELS + command.followerDepths[i]];
      if (node === remembered) continue;
      remembered = node;
      const cell = command.windowedIndex * this.device.nodes + node;
      this.history[cell * this.widestWindow + this.historyAt[cell]] = cycle;
      this.historyAt[cell] = (this.historyAt[cell] + 1) % this.widestWindow;
    }
  }
}

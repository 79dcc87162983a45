/** One channel: its banks, its timing, and what issuing a command does to both. */
import { BankState } from "./bank_state";
import { ChannelTiming } from "./channel_timing";
import { CommandLog } from "./command_log";
import {
  BANK,
  BankGroups,
  Command,
  Device,
  NODE_LEVELS,
  PSEUDOCHANNEL,
  REQUIRES_NOTHING,
  REQUIRES_ROW_OPEN,
} from "./device";

export class Channel {
  readonly state: BankState;
  readonly timing: ChannelTiming;
  readonly log: CommandLog = new CommandLog();
  /** Commands issued, by kind. */
  readonly issued: StaticArray<i64>;

  constructor(readonly device: Device) {
    this.state = new BankState(device.banks);
    this.timing = new ChannelTiming(device);
    this.issued = new StaticArray<i64>(device.commands.length);
  }

  clear(): void {
    for (let i = 0; i < this.issued.length; i++) this.issued[i] = 0;
    this.state.clear();
    this.timing.clear();
    this.log.clear();
  }

  /** What has to be issued now so that `final` can be issued in the end. */
  prerequisite(final: i32, bank: i32, row: i32): i32 {
    const command = unchecked(this.device.commands[final]);
    if (command.requires === REQUIRES_NOTHING) return final;
    const groups = <BankGroups> command.requiredBanks;
    if (command.requires === REQUIRES_ROW_OPEN) {
      return this.openRow(command, groups, final, bank, row);
    }
    return this.closeBanks(command, groups, final, bank);
  }

  /** The first bank, in index order, that is closed or lacks the row decides. */
  private openRow(command: Command, groups: BankGroups, final: i32, bank: i32, row: i32): i32 {
    const state = this.state;
    if (state.openBanks === 0) return command.opener;
    for (let i = unchecked(groups.starts[bank]), end = unchecked(groups.ends[bank]); i < end; i++) {
      const member = unchecked(groups.members[i]);
      if (!state.isOpen(member)) return command.opener;
      if (!state.hasRow(member, row)) return command.closer;
    }
    return final;
  }

  private closeBanks(command: Command, groups: BankGroups, final: i32, bank: i32): i32 {
    if (this.state.openBanks === 0) return final;
    for (let i = groups.starts[bank]; i < groups.ends[bank]; i++) {
      if (this.state.isOpen(groups.members[i])) return command.closer;
    }
    return final;
  }

  /**
   * Issues a command.
   *
   * @param depth how deep its address goes, `BANK` for all but refreshes
   */
  issue(index: i32, bank: i32, row: i32, address: u64, depth: i32, cycle: i64): void {
    const command = unchecked(this.device.commands[index]);
    unchecked(this.issued[index] += 1);
    this.timing.issue(index, bank, depth, cycle);
    if (command.opens !== null) this.open(command.opens!, bank, row);
    if (command.closes !== null) this.close(command.closes!, bank);
    if (command.alsoTimed !== null) {
      this.timing.issueAtBanks(command, unchecked(command.alsoTimed![bank]), cycle);
    }
    if (this.log.enabled) this.record(index, bank, row, address, depth, cycle);
  }

  private open(groups: BankGroups, bank: i32, row: i32): void {
    for (let i = unchecked(groups.starts[bank]), end = unchecked(groups.ends[bank]); i < end; i++) {
      this.state.open(unchecked(groups.members[i]), row);
    }
    this.state.version++;
  }

  private close(groups: BankGroups, bank: i32): void {
    for (let i = unchecked(groups.starts[bank]), end = unchecked(groups.ends[bank]); i < end; i++) {
      this.state.close(unchecked(groups.members[i]));
    }
    this.state.version++;
  }

  private record(index: i32, bank: i32, row: i32, address: u64, depth: i32, cycle: i64): void {
    const at = this.log.append();
    this.log.set(at, <i32> cycle);
    this.log.set(at + 1, <i32> (cycle >> 32));
    this.log.set(at + 2, index);
    for (let d = PSEUDOCHANNEL; d < NODE_LEVELS; d++) {
      this.log.set(at + 2 + d, d > depth ? -1 : this.device.ids[bank * NODE_LEVELS + d]);
    }
    this.log.set(at + 7, depth < BANK ? -1 : row);
    this.log.set(at + 8, depth < BANK ? -1 : this.device.columnOf(address));
  }
}

/** One channel: its banks, its timing, and what issuing a command does to both. */
import { BankState, CLOSED, FIT } from "./bank_state";
import { ChannelTiming } from "./channel_timing";
import { Command, REQUIRES_NOTHING, REQUIRES_ROW_OPEN } from "./command";
import { CommandLog } from "./command_log";
import { Device } from "./device";
import { BANK, NODE_LEVELS, PSEUDOCHANNEL } from "./levels";
import { BankGroups } from "./tree";

export class Channel {
  readonly state: BankState;
  readonly timing: ChannelTiming;
  readonly log: CommandLog = new CommandLog();
  /** Commands issued, by kind. */
  readonly issued: StaticArray<i64>;

  constructor(readonly device: Device) {
    this.state = new BankState(device.tree.banks);
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
  prerequisite(final: Command, bank: i32, row: i32): Command {
    if (final.requires === REQUIRES_NOTHING) return final;
    return final.requires === REQUIRES_ROW_OPEN
      ? this.openRow(final, <BankGroups> final.requiredBanks, bank, row)
      : this.closeBanks(final, <BankGroups> final.requiredBanks, bank);
  }

  /** The first bank, in index order, that is closed or lacks the row decides. */
  private openRow(final: Command, groups: BankGroups, bank: i32, row: i32): Command {
    if (this.state.openBanks === 0) return <Command> final.opener;
    const start = groups.starts[bank];
    const found = this.state.firstWithout(groups.members, start, groups.ends[bank], row);
    if (found === FIT) return final;
    return <Command> (found === CLOSED ? final.opener : final.closer);
  }

  private closeBanks(final: Command, groups: BankGroups, bank: i32): Command {
    if (this.state.openBanks === 0) return final;
    for (let i = groups.starts[bank]; i < groups.ends[bank]; i++) {
      if (this.state.isOpen(groups.members[i])) return <Command> final.closer;
    }
    return final;
  }

  /**
   * Issues a command.
   *
   * @param depth how deep its address goes, `BANK` for all but refreshes
   */
  issue(command: Command, bank: i32, row: i32, address: u64, depth: i32, cycle: i64): void {
    this.issued[command.index] += 1;
    this.timing.issue(command, bank, depth, cycle);
    if (command.preparesRows) this.prepareRows(command, bank, row);
    if (this.log.enabled) this.record(command, bank, row, address, depth, cycle);
  }

  private prepareRows(command: Command, bank: i32, row: i32): void {
    const opens = command.opens;
    const closes = command.closes;
    const state = this.state;
    if (opens !== null) {
      state.openBanksOf(opens.members, opens.starts[bank], opens.ends[bank], row);
    }
    if (closes !== null) {
      state.closeBanksOf(closes.members, closes.starts[bank], closes.ends[bank]);
    }
    state.version++;
  }

  private record(
    command: Command,
    bank: i32,
    row: i32,
    address: u64,
    depth: i32,
    cycle: i64,
  ): void {
    const at = this.log.append();
    this.log.set(at, <i32> cycle);
    this.log.set(at + 1, <i32> (cycle >> 32));
    this.log.set(at + 2, command.index);
    for (let d = PSEUDOCHANNEL; d < NODE_LEVELS; d++) {
      this.log.set(at + 2 + d, d > depth ? -1 : this.device.tree.id(bank, d));
    }
    this.log.set(at + 7, depth < BANK ? -1 : row);
    this.log.set(at + 8, depth < BANK ? -1 : this.device.columnOf(address));
  }
}

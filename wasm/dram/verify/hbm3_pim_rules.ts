/**
 * Test-only: the HBM3-PIM device as plain data, written a second time.
 *
 * The cycle engine has its own tables. These were written independently of them, from the public
 * device model of the AttAcc simulator (`HBM3-PIM.cpp`, `hbm3_pim_controller.cpp`), so that the
 * tick model and the timing checker share nothing with what they check.
 *
 * @module
 */

import {
  type Organisation,
  ORGANISATIONS,
  type Timing,
  timingOf,
  TIMINGS,
} from "./hbm3_pim_presets.ts";

/** Nodes of the device tree, outermost first; rows and columns are not nodes. */
export const LEVELS = ["channel", "pseudochannel", "rank", "bankgroup", "bank"] as const;

/** One level of the device tree. */
export type Level = typeof LEVELS[number];

/** What the controller needs to know of a command. */
export interface CommandRule {
  /** The deepest level whose timing a command of this kind respects. */
  readonly scope: Level;
  /** Which of the two commands of a cycle it can be; `alone` shares its cycle with none. */
  readonly slot: "row" | "column" | "alone";
  readonly opens: boolean;
  readonly closes: boolean;
}

function rule(scope: Level, slot: CommandRule["slot"], change?: "opens" | "closes"): CommandRule {
  return { scope, slot, opens: change === "opens", closes: change === "closes" };
}

/** Every command. Row and column scopes end at the bank, the last node of the tree. */
export const COMMANDS = {
  ACT: rule("bank", "row", "opens"),
  PRE: rule("bank", "row", "closes"),
  PREA: rule("channel", "row", "closes"),
  PRESB: rule("bank", "alone", "closes"),
  PREPB: rule("bank", "alone", "closes"),
  RD: rule("bank", "column"),
  WR: rule("bank", "column"),
  REFab: rule("channel", "row"),
  REFsb: rule("bank", "row"),
  ACTAB: rule("bank", "row", "opens"),
  ACTSB: rule("bank", "row", "opens"),
  ACTPB: rule("bank", "row", "opens"),
  MACAB: rule("bank", "column"),
  MACSB: rule("bank", "column"),
  MACPB: rule("bank", "column"),
  WRGB: rule("bank", "column"),
  MVSB: rule("bank", "column"),
  MVGB: rule("bank", "column"),
  SFM: rule("channel", "column"),
  SETM: rule("bank", "column"),
  SETH: rule("channel", "column"),
  BARRIER: rule("channel", "alone"),
} as const satisfies Record<string, CommandRule>;

/** The name of a command. */
export type Command = keyof typeof COMMANDS;

/** The command that fulfils each trace operation. */
export const FINAL_COMMANDS = {
  LD: "RD",
  ST: "WR",
  PIM_MAC_AB: "MACAB",
  PIM_MAC_SB: "MACSB",
  PIM_MAC_PB: "MACPB",
  PIM_WR_GB: "WRGB",
  PIM_MV_SB: "MVSB",
  PIM_MV_GB: "MVGB",
  PIM_SFM: "SFM",
  PIM_SET_MODEL: "SETM",
  PIM_SET_HEAD: "SETH",
  PIM_BARRIER: "BARRIER",
} as const satisfies Record<string, Command>;

/** An operation of a trace. */
export type Operation = keyof typeof FINAL_COMMANDS;

/** One line of a trace: what to do, and the byte address (a whole number below 2^53). */
export interface TraceRequest {
  readonly op: Operation;
  readonly address: number;
}

/**
 * Within one node of `level`, a `following` command must come at least `cycles` after the
 * `window`-th last `preceding` one.
 */
export interface Constraint {
  readonly level: Level;
  readonly preceding: readonly Command[];
  readonly following: readonly Command[];
  readonly cycles: number;
  /** Where the number comes from. */
  readonly name: string;
  readonly window: number;
}

function list(commands: string): Command[] {
  return commands.split(" ") as Command[];
}

const DATA_PATH = "WRGB MVSB MVGB SFM RD WR";

/** All timing constraints of a device, those without effect included. */
export function constraintsOf(t: Timing): Constraint[] {
  const constraints: Constraint[] = [];
  const at = (level: Level) =>
  (
    preceding: string,
    following: string,
    cycles: number,
    name: string,
    window = 1,
  ) => {
    constraints.push({
      level,
      preceding: list(preceding),
      following: list(following),
      cycles,
      name,
      window,
    });
  };
  const [channel, pseudochannel, rank, bankgroup, bank] = LEVELS.map(at) as [
    ReturnType<typeof at>,
    ReturnType<typeof at>,
    ReturnType<typeof at>,
    ReturnType<typeof at>,
    ReturnType<typeof at>,
  ];
  const writeToPrecharge = t.nCWL + t.nBL + t.nWR;

  // An activation takes two cycles of the row command bus.
  channel("ACT", "ACT PRE PREA PRESB REFab REFsb", 2, "row bus");
  channel("ACTAB", "ACTAB ACT PRE PREA REFab REFsb", 2, "row bus");
  channel("ACTSB", "ACTSB ACT PRE PREA PRESB REFab REFsb", 2, "row bus");
  channel("ACTPB", "ACTPB ACT PRE PREA PREPB REFab REFsb", 2, "row bus");

  // All banks at once.
  channel("ACTAB", "ACTAB", t.nRC, "nRC");
  channel("ACTAB", "MACAB", t.nRCDRD, "nRCDRD");
  channel("ACTAB", "PREA", t.nRAS, "nRAS");
  channel("MACAB", "MACAB", t.nCCDAB, "nCCDAB");
  channel("MACAB", "PREA", t.nRTPL, "nRTPL");
  channel("PREA", "ACTAB", t.nRP, "nRP");

  // The same bank of every bank group.
  channel("MACSB", "MACSB", t.nCCDSB, "nCCDSB");
  bank("ACTSB", "ACTSB", t.nRC, "nRC");
  bank("ACTSB", "MACSB", t.nRCDRD, "nRCDRD");
  bank("ACTSB", "PRESB", t.nRAS, "nRAS");
  bank("MACSB", "PRESB", t.nRTPL, "nRTPL");
  bank("PRESB", "ACTSB", t.nRP, "nRP");

  // One bank of both pseudochannels.
  channel("MACPB", "MACPB", t.nBL, "nBL");
  rank("MACPB", "MACPB", t.nCCDS, "nCCDS");
  bankgroup("MACPB", "MACPB", t.nCCDL, "nCCDL");
  bank("ACTPB", "ACTPB", t.nRC, "nRC");
  bank("ACTPB", "MACPB", t.nRCDRD, "nRCDRD");
  bank("ACTPB", "PREPB", t.nRAS, "nRAS");
  bank("MACPB", "PREPB", t.nRTPL, "nRTPL");
  bank("PREPB", "ACTPB", t.nRP, "nRP");

  // The data path between banks, buffers and pins.
  pseudochannel(DATA_PATH, DATA_PATH, t.nBL, "nBL");
  rank(DATA_PATH, DATA_PATH, t.nCCDS, "nCCDS");
  bankgroup(DATA_PATH, DATA_PATH, t.nCCDL, "nCCDL");

  // Refresh. What ends in REFab or PREA here is never looked at: their scope is the channel.
  pseudochannel("REFab", "ACT ACTAB ACTSB ACTPB REFsb", t.nRFC, "nRFC");
  pseudochannel("ACT ACTAB ACTSB ACTPB", "REFab", t.nRC, "nRC");
  pseudochannel("PRE PREA PRESB PREPB", "REFab", t.nRP, "nRP");
  rank("ACT", "REFsb", t.nRRDS + 1, "nRRDS + 1");
  rank("REFsb", "REFsb", t.nRREFD, "nRREFD");
  rank("REFsb", "ACT", t.nRREFD - 1, "nRREFD - 1");
  bankgroup("ACT", "REFsb", t.nRRDL + 1, "nRRDL + 1");
  bankgroup("REFsb", "ACT", t.nRRDL - 1, "nRRDL - 1");

  // Ordinary activations and precharges.
  pseudochannel("ACT", "PREA", t.nRAS, "nRAS");
  pseudochannel("PREA", "ACT", t.nRP, "nRP");
  pseudochannel("RD", "PREA", t.nRTPS, "nRTPS");
  pseudochannel("WR", "PREA", writeToPrecharge, "nCWL + nBL + nWR");
  rank("ACT", "ACT", t.nRRDS, "nRRDS");
  rank("ACT", "ACT", t.nFAW, "nFAW", 4);
  rank("ACT", "PREA", t.nRAS, "nRAS");
  rank("PREA", "ACT", t.nRP, "nRP");
  bankgroup("ACT", "ACT", t.nRRDL, "nRRDL");
  bank("ACT", "ACT", t.nRC, "nRC");
  bank("ACT", "RD", t.nRCDRD, "nRCDRD");
  bank("ACT", "WR", t.nRCDWR, "nRCDWR");
  bank("ACT", "PRE", t.nRAS, "nRAS");
  bank("PRE", "ACT", t.nRP, "nRP");
  bank("RD", "PRE", t.nRTPL, "nRTPL");
  bank("WR", "PRE", writeToPrecharge, "nCWL + nBL + nWR");

  // Ordinary reads and writes.
  pseudochannel("RD", "RD", t.nBL, "nBL");
  pseudochannel("WR", "WR", t.nBL, "nBL");
  rank("RD", "RD", t.nCCDS, "nCCDS");
  rank("WR", "WR", t.nCCDS, "nCCDS");
  rank("RD", "WR", t.nCL + t.nBL + 2 - t.nCWL, "nCL + nBL + 2 - nCWL");
  rank("WR", "RD", t.nCWL + t.nBL + t.nWTRS, "nCWL + nBL + nWTRS");
  bankgroup("RD", "RD", t.nCCDL, "nCCDL");
  bankgroup("WR", "WR", t.nCCDL, "nCCDL");
  bankgroup("WR", "RD", t.nCWL + t.nBL + t.nWTRL, "nCWL + nBL + nWTRL");
  return constraints;
}

/** Where a command goes; -1 stands for "all", as in a refresh of one pseudochannel. */
export interface Address {
  readonly channel: number;
  readonly pseudochannel: number;
  readonly rank: number;
  readonly bankgroup: number;
  readonly bank: number;
  readonly row: number;
  readonly column: number;
}

/** A command on the bus of a channel. */
export interface IssuedCommand extends Address {
  readonly cycle: number;
  readonly command: Command;
}

/** A device whose names have been looked up. */
export interface Device {
  readonly organisation: Organisation;
  readonly timing: Timing;
  readonly constraints: readonly Constraint[];
}

/**
 * Looks up a device by the names of its presets.
 *
 * @throws {RangeError} when there is no such preset
 */
export function deviceOf(names: { organisation: string; timing: string }): Device {
  const organisation = ORGANISATIONS[names.organisation];
  const preset = TIMINGS[names.timing];
  if (organisation === undefined) {
    throw new RangeError(`Expected an organisation but found "${names.organisation}"`);
  }
  if (preset === undefined) {
    throw new RangeError(`Expected a timing preset but found "${names.timing}"`);
  }
  const timing = timingOf(organisation, preset);
  return { organisation, timing, constraints: constraintsOf(timing) };
}

/**
 * Splits a byte address: from the low end, 5 bits within a column, then column, row, bank, bank
 * group, rank, pseudochannel and channel. A count that is no power of two gets the bits of the
 * next smaller one (`calc_log2` rounds down), so a third rank is never addressed.
 */
export function addressOf(
  byteAddress: number,
  organisation: Organisation,
  channels: number,
): Address {
  let rest = Math.floor(byteAddress / 32);
  const take = (count: number) => {
    const size = 2 ** (31 - Math.clz32(count));
    const field = rest % size;
    rest = Math.floor(rest / size);
    return field;
  };
  const column = take(organisation.columns);
  const row = take(organisation.rows);
  const bank = take(organisation.banks);
  const bankgroup = take(organisation.bankgroups);
  const rank = take(organisation.ranks);
  const pseudochannel = take(organisation.pseudochannels);
  const channel = take(channels);
  return { channel, pseudochannel, rank, bankgroup, bank, row, column };
}

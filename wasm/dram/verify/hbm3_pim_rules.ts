/**
 * Test-only: the HBM3-PIM device as plain data, written a second time.
 *
 * The cycle engine has its own tables. These were written independently of them, from the public
 * device model of the AttAcc simulator (`HBM3-PIM.cpp`, `hbm3_pim_controller.cpp`), so that the
 * tick model and the timing checker share nothing with what they check.
 *
 * @module
 */

/** Nodes of the device tree, outermost first; rows and columns are not nodes. */
export const LEVELS = ["channel", "pseudochannel", "rank", "bankgroup", "bank"] as const;

/** One level of the device tree. */
export type Level = typeof LEVELS[number];

/** How many of each a device has. */
export interface Organisation {
  /** Capacity of one channel in megabits. */
  readonly densityMb: number;
  readonly pseudochannels: number;
  readonly ranks: number;
  readonly bankgroups: number;
  readonly banks: number;
  readonly rows: number;
  readonly columns: number;
}

function organisation(densityGb: number, ranks: number, rowBits: number): Organisation {
  return {
    densityMb: densityGb * 1024,
    pseudochannels: 2,
    ranks,
    bankgroups: 4,
    banks: 4,
    rows: 2 ** rowBits,
    columns: 32,
  };
}

/** Organisation presets by the names of `HBM3-PIM.cpp`: density and ranks. */
export const ORGANISATIONS: Readonly<Record<string, Organisation>> = {
  "HBM3_2Gb_1R": organisation(2, 1, 13),
  "HBM3_4Gb_1R": organisation(4, 1, 14),
  "HBM3_8Gb_1R": organisation(8, 1, 15),
  "HBM3_4Gb_2R": organisation(4, 2, 13),
  "HBM3_8Gb_2R": organisation(8, 2, 14),
  "HBM3_16Gb_2R": organisation(16, 2, 15),
  "HBM3_6Gb_3R": organisation(6, 3, 13),
  "HBM3_12Gb_3R": organisation(12, 3, 14),
  "HBM3_24Gb_3R": organisation(24, 3, 15),
  "HBM3_8Gb_4R": organisation(8, 4, 13),
  "HBM3_16Gb_4R": organisation(16, 4, 14),
  "HBM3_32Gb_4R": organisation(32, 4, 15),
};

/** Timing parameters in clock cycles, as the presets list them; `rate` in MT/s. */
export interface TimingPreset {
  readonly rate: number;
  readonly nBL: number;
  readonly nCL: number;
  readonly nRCDRD: number;
  readonly nRCDWR: number;
  readonly nRP: number;
  readonly nRAS: number;
  readonly nRC: number;
  readonly nWR: number;
  readonly nRTPS: number;
  readonly nRTPL: number;
  readonly nCWL: number;
  readonly nCCDS: number;
  readonly nCCDL: number;
  readonly nCCDAB: number;
  readonly nCCDSB: number;
  readonly nRRDS: number;
  readonly nRRDL: number;
  readonly nWTRS: number;
  readonly nWTRL: number;
  readonly nRTW: number;
  readonly nFAW: number;
  readonly nRFCSB: number;
  readonly nREFI: number;
  readonly nRREFD: number;
}

/** A preset's parameters with those that also depend on the organisation. */
export interface Timing extends TimingPreset {
  /** Clock period in whole picoseconds. */
  readonly tCKps: number;
  readonly nRFC: number;
  readonly nREFISB: number;
}

/** nBL nCL nRCDRD nRCDWR nRP nRAS nRC nWR nRTPS nRTPL nCWL nCCDS nCCDL nCCDAB nCCDSB nRRDS nRRDL nWTRS nWTRL nRTW nFAW nRFCSB nREFI nRREFD */
const PRESET_ROWS: Readonly<Record<number, string>> = {
  4800: "2 17 17 17 17 41 58 20 5  8 5 2 4 6 6 2 4  8 10 3 36 240 4680 10",
  5200: "2 19 19 19 19 45 63 21 6  8 6 2 4 6 6 2 4  8 11 3 39 260 5070 11",
  5600: "2 20 20 20 20 48 68 23 6  9 6 2 4 6 7 2 4  9 12 3 42 280 5460 12",
  6000: "2 21 21 21 21 51 72 24 6  9 6 2 4 6 7 2 4  9 12 3 45 300 5850 12",
  6400: "2 23 23 23 23 55 77 26 7 10 7 2 4 7 8 2 4 10 13 3 48 320 6240 13",
};

function timingPreset(rate: number): TimingPreset {
  const cycles = PRESET_ROWS[rate]!.split(/ +/).map(Number);
  const next = () => cycles.shift()!;
  return {
    rate,
    nBL: next(),
    nCL: next(),
    nRCDRD: next(),
    nRCDWR: next(),
    nRP: next(),
    nRAS: next(),
    nRC: next(),
    nWR: next(),
    nRTPS: next(),
    nRTPL: next(),
    nCWL: next(),
    nCCDS: next(),
    nCCDL: next(),
    nCCDAB: next(),
    nCCDSB: next(),
    nRRDS: next(),
    nRRDL: next(),
    nWTRS: next(),
    nWTRL: next(),
    nRTW: next(),
    nFAW: next(),
    nRFCSB: next(),
    nREFI: next(),
    nRREFD: next(),
  };
}

/** `_NPC`: no power constraint; MACs of all banks may follow each other every nCCDL cycles. */
function withoutPowerConstraint(preset: TimingPreset): TimingPreset {
  return { ...preset, nCCDAB: 4, nCCDSB: 4 };
}

/** Timing presets by the names of `HBM3-PIM.cpp`. */
export const TIMINGS: Readonly<Record<string, TimingPreset>> = Object.fromEntries(
  [4800, 5200, 5600, 6000, 6400].flatMap((rate) => {
    const name = `HBM3_${(rate / 1000).toFixed(1)}Gbps`;
    const preset = timingPreset(rate);
    return [[name, preset], [`${name}_NPC`, withoutPowerConstraint(preset)]];
  }),
);

/** tRFC in nanoseconds by channel density in megabits. */
const REFRESH_NS: Readonly<Record<number, number>> = {
  2048: 160,
  4096: 260,
  6144: 310,
  8192: 350,
  12288: 410,
  16384: 450,
  24576: 610,
  32768: 650,
};

/** tREFISB in nanoseconds; the reference looks it up at the rank count, so 4 ranks find nothing. */
const REFRESH_SAME_BANK_NS = [244, 122, 82, 61, 0];

/** Nanoseconds to cycles the JEDEC way: a cycle is owed once 2.6 % of it is needed. */
function jedecCycles(ns: number, tCKps: number): number {
  return Math.floor((Math.floor(ns * 1_000_000 / tCKps) + 974) / 1000);
}

/** All timing parameters of a device. */
export function timingOf(organisation: Organisation, preset: TimingPreset): Timing {
  const tCKps = Math.floor(1e6 / Math.floor(preset.rate / 4));
  return {
    ...preset,
    tCKps,
    nRFC: jedecCycles(REFRESH_NS[organisation.densityMb]!, tCKps),
    nREFISB: jedecCycles(REFRESH_SAME_BANK_NS[organisation.ranks]!, tCKps),
  };
}

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
    const size = 2 ** Math.floor(Math.log2(count));
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

/**
 * Test-only: the organisation and timing presets of HBM3-PIM, written a second time.
 *
 * From the public device model of the AttAcc simulator (`HBM3-PIM.cpp`); independent of the tables
 * of the cycle engine.
 *
 * @module
 */

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

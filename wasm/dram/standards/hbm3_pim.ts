/**
 * HBM3 with AttAcc's processing-in-memory commands.
 *
 * Source: scale-snu/attacc_simulator, pim_ramulator_src/HBM3-PIM.cpp (presets, scopes, constraints)
 * and the Ramulator 2 patches beside it (prerequisites, actions). Its authors take the timings from
 * DRAMsim3's HBM2 table, scaled to the HBM3 data rates; they are not JEDEC's.
 *
 * @module
 */
import type { BankSet, Constraint, Organisation, Standard, Timing } from "../standard.ts";

const ALL_BANKS: BankSet = [];
const SAME_BANK: BankSet = ["bank"];
/** The same bank in both pseudo-channels. */
const TWIN_BANKS: BankSet = ["rank", "bankgroup", "bank"];
const ONE_BANK: BankSet = ["pseudochannel", "rank", "bankgroup", "bank"];

const DATA_PATH = ["WRGB", "MVSB", "MVGB", "SFM", "RD", "WR"];

const CONSTRAINTS: readonly Constraint[] = [
  // All-bank MAC. An activation takes two cycles of the row bus.
  {
    level: "channel",
    preceding: ["ACTAB"],
    following: ["ACTAB", "ACT", "PRE", "PREA", "REFab", "REFsb"],
    cycles: "2",
  },
  { level: "channel", preceding: ["MACAB"], following: ["MACAB"], cycles: "nCCDAB" },
  { level: "channel", preceding: ["ACTAB"], following: ["ACTAB"], cycles: "nRC" },
  { level: "channel", preceding: ["ACTAB"], following: ["MACAB"], cycles: "nRCDRD" },
  { level: "channel", preceding: ["ACTAB"], following: ["PREA"], cycles: "nRAS" },
  { level: "channel", preceding: ["MACAB"], following: ["PREA"], cycles: "nRTPL" },
  { level: "channel", preceding: ["PREA"], following: ["ACTAB"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["ACTAB"], following: ["REFab"], cycles: "nRC" },
  { level: "pseudochannel", preceding: ["PREA"], following: ["REFab"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["REFab"], following: ["ACTAB"], cycles: "nRFC" },

  // Same-bank MAC.
  {
    level: "channel",
    preceding: ["ACTSB"],
    following: ["ACTSB", "ACT", "PRE", "PREA", "PRESB", "REFab", "REFsb"],
    cycles: "2",
  },
  { level: "channel", preceding: ["MACSB"], following: ["MACSB"], cycles: "nCCDSB" },
  { level: "bank", preceding: ["ACTSB"], following: ["ACTSB"], cycles: "nRC" },
  { level: "bank", preceding: ["ACTSB"], following: ["MACSB"], cycles: "nRCDRD" },
  { level: "bank", preceding: ["ACTSB"], following: ["PRESB"], cycles: "nRAS" },
  { level: "bank", preceding: ["MACSB"], following: ["PRESB"], cycles: "nRTPL" },
  { level: "bank", preceding: ["PRESB"], following: ["ACTSB"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["ACTSB"], following: ["REFab"], cycles: "nRC" },
  { level: "pseudochannel", preceding: ["PRESB"], following: ["REFab"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["REFab"], following: ["ACTSB"], cycles: "nRFC" },

  // Per-bank MAC, broadcast to both pseudo-channels.
  {
    level: "channel",
    preceding: ["ACTPB"],
    following: ["ACTPB", "ACT", "PRE", "PREA", "PREPB", "REFab", "REFsb"],
    cycles: "2",
  },
  { level: "channel", preceding: ["MACPB"], following: ["MACPB"], cycles: "nBL" },
  { level: "rank", preceding: ["MACPB"], following: ["MACPB"], cycles: "nCCDS" },
  { level: "bankgroup", preceding: ["MACPB"], following: ["MACPB"], cycles: "nCCDL" },
  { level: "bank", preceding: ["ACTPB"], following: ["ACTPB"], cycles: "nRC" },
  { level: "bank", preceding: ["ACTPB"], following: ["MACPB"], cycles: "nRCDRD" },
  { level: "bank", preceding: ["ACTPB"], following: ["PREPB"], cycles: "nRAS" },
  { level: "bank", preceding: ["MACPB"], following: ["PREPB"], cycles: "nRTPL" },
  { level: "bank", preceding: ["PREPB"], following: ["ACTPB"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["ACTPB"], following: ["REFab"], cycles: "nRC" },
  { level: "pseudochannel", preceding: ["PREPB"], following: ["REFab"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["REFab"], following: ["ACTPB"], cycles: "nRFC" },

  // Commands that move data over the channel's data path; MACs have their own.
  { level: "pseudochannel", preceding: DATA_PATH, following: DATA_PATH, cycles: "nBL" },
  { level: "rank", preceding: DATA_PATH, following: DATA_PATH, cycles: "nCCDS" },
  { level: "bankgroup", preceding: DATA_PATH, following: DATA_PATH, cycles: "nCCDL" },

  // Ordinary DRAM: channel and pseudo-channel.
  {
    level: "channel",
    preceding: ["ACT"],
    following: ["ACT", "PRE", "PREA", "PRESB", "REFab", "REFsb"],
    cycles: "2",
  },
  { level: "pseudochannel", preceding: ["RD"], following: ["RD"], cycles: "nBL" },
  { level: "pseudochannel", preceding: ["WR"], following: ["WR"], cycles: "nBL" },
  { level: "pseudochannel", preceding: ["RD"], following: ["PREA"], cycles: "nRTPS" },
  { level: "pseudochannel", preceding: ["WR"], following: ["PREA"], cycles: "nCWL + nBL + nWR" },
  { level: "pseudochannel", preceding: ["ACT"], following: ["PREA"], cycles: "nRAS" },
  { level: "pseudochannel", preceding: ["PREA"], following: ["ACT"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["ACT"], following: ["REFab"], cycles: "nRC" },
  { level: "pseudochannel", preceding: ["PRE", "PREA"], following: ["REFab"], cycles: "nRP" },
  { level: "pseudochannel", preceding: ["REFab"], following: ["ACT", "REFsb"], cycles: "nRFC" },

  // Ordinary DRAM: rank. An activation acts in its second cycle, hence the ones around REFsb.
  { level: "rank", preceding: ["ACT"], following: ["ACT"], cycles: "nRRDS" },
  { level: "rank", preceding: ["ACT"], following: ["ACT"], cycles: "nFAW", window: 4 },
  { level: "rank", preceding: ["ACT"], following: ["REFsb"], cycles: "nRRDS + 1" },
  { level: "rank", preceding: ["REFsb"], following: ["REFsb"], cycles: "nRREFD" },
  { level: "rank", preceding: ["REFsb"], following: ["ACT"], cycles: "nRREFD - 1" },
  { level: "rank", preceding: ["RD"], following: ["RD"], cycles: "nCCDS" },
  { level: "rank", preceding: ["WR"], following: ["WR"], cycles: "nCCDS" },
  { level: "rank", preceding: ["RD"], following: ["WR"], cycles: "nCL + nBL + 2 - nCWL" },
  { level: "rank", preceding: ["WR"], following: ["RD"], cycles: "nCWL + nBL + nWTRS" },
  { level: "rank", preceding: ["ACT"], following: ["PREA"], cycles: "nRAS" },
  { level: "rank", preceding: ["PREA"], following: ["ACT"], cycles: "nRP" },

  // Ordinary DRAM: bank group and bank.
  { level: "bankgroup", preceding: ["RD"], following: ["RD"], cycles: "nCCDL" },
  { level: "bankgroup", preceding: ["WR"], following: ["WR"], cycles: "nCCDL" },
  { level: "bankgroup", preceding: ["WR"], following: ["RD"], cycles: "nCWL + nBL + nWTRL" },
  { level: "bankgroup", preceding: ["ACT"], following: ["ACT"], cycles: "nRRDL" },
  { level: "bankgroup", preceding: ["ACT"], following: ["REFsb"], cycles: "nRRDL + 1" },
  { level: "bankgroup", preceding: ["REFsb"], following: ["ACT"], cycles: "nRRDL - 1" },
  { level: "bank", preceding: ["ACT"], following: ["ACT"], cycles: "nRC" },
  { level: "bank", preceding: ["ACT"], following: ["RD"], cycles: "nRCDRD" },
  { level: "bank", preceding: ["ACT"], following: ["WR"], cycles: "nRCDWR" },
  { level: "bank", preceding: ["ACT"], following: ["PRE"], cycles: "nRAS" },
  { level: "bank", preceding: ["PRE"], following: ["ACT"], cycles: "nRP" },
  { level: "bank", preceding: ["RD"], following: ["PRE"], cycles: "nRTPL" },
  { level: "bank", preceding: ["WR"], following: ["PRE"], cycles: "nCWL + nBL + nWR" },
];

/** `ranks` stacks of dies make 4-, 8-, 12- and 16-high stacks. */
function stack(densityMb: number, rank: number, row: number): Organisation {
  return {
    densityMb,
    dq: 32,
    counts: { channel: 1, pseudochannel: 2, rank, bankgroup: 4, bank: 4, row, column: 32 },
  };
}

const TIMING_NAMES = [
  ...["rate", "nCL", "nRAS", "nRC", "nWR", "nRTPS", "nRTPL", "nCWL", "nCCDAB", "nCCDSB", "nWTRS"],
  ...["nWTRL", "nFAW", "nRFCSB", "nREFI", "nRREFD"],
];

/** One row of the timing table, in the order of `TIMING_NAMES`; what all rows share is added. */
function timing(...values: number[]): Timing {
  const row = Object.fromEntries(TIMING_NAMES.map((name, i) => [name, values[i]!]));
  const nCL = row.nCL!;
  const shared = { nBL: 2, nCCDS: 2, nCCDL: 4, nRRDS: 2, nRRDL: 4, nRTW: 3 };
  return { ...row, nRCDRD: nCL, nRCDWR: nCL, nRP: nCL, ...shared };
}

/** The standard. */
export const HBM3_PIM: Standard = {
  name: "HBM3-PIM",
  accessBytes: 32,
  prefetch: 8,
  addressMap: ["column", "row", "bank", "bankgroup", "rank", "pseudochannel", "channel"],
  commands: {
    ACT: { scope: "row", bus: "row", opens: ONE_BANK },
    PRE: { scope: "bank", bus: "row", closes: ONE_BANK },
    PREA: { scope: "channel", bus: "row", closes: ALL_BANKS },
    // Closes only the addressed bank's twins, not all that ACTSB opened, and has no bus half.
    PRESB: { scope: "bank", closes: TWIN_BANKS },
    PREPB: { scope: "bank", closes: TWIN_BANKS },
    RD: {
      scope: "column",
      bus: "column",
      prerequisite: { requires: "row-open", banks: ONE_BANK, open: "ACT", close: "PRE" },
    },
    WR: {
      scope: "column",
      bus: "column",
      prerequisite: { requires: "row-open", banks: ONE_BANK, open: "ACT", close: "PRE" },
    },
    REFab: {
      scope: "channel",
      bus: "row",
      prerequisite: { requires: "closed", banks: ALL_BANKS, close: "PREA" },
    },
    REFsb: {
      scope: "bank",
      bus: "row",
      prerequisite: { requires: "closed", banks: ONE_BANK, close: "PRE" },
    },
    ACTAB: { scope: "row", bus: "row", opens: ALL_BANKS },
    ACTSB: { scope: "row", bus: "row", opens: SAME_BANK },
    ACTPB: { scope: "row", bus: "row", opens: TWIN_BANKS },
    MACAB: {
      scope: "column",
      bus: "column",
      prerequisite: { requires: "row-open", banks: ALL_BANKS, open: "ACTAB", close: "PREA" },
    },
    MACSB: {
      scope: "column",
      bus: "column",
      prerequisite: { requires: "row-open", banks: SAME_BANK, open: "ACTSB", close: "PRESB" },
      alsoTimes: { bank: "bank" },
    },
    MACPB: {
      scope: "column",
      bus: "column",
      prerequisite: { requires: "row-open", banks: TWIN_BANKS, open: "ACTPB", close: "PREPB" },
      // Meant for the twin, but ids are compared with ancestors one level too high, so an
      // unrelated bank's precharge is held back. Buffer-mode cycle counts show it.
      alsoTimes: { rank: "pseudochannel", bankgroup: "rank", bank: "bank" },
    },
    WRGB: { scope: "bank", bus: "column" },
    MVSB: { scope: "bank", bus: "column" },
    MVGB: { scope: "bank", bus: "column" },
    SFM: { scope: "channel", bus: "column" },
    SETM: { scope: "bank", bus: "column" },
    SETH: { scope: "channel", bus: "column" },
    BARRIER: { scope: "channel" },
  },
  requests: [
    { trace: "LD", command: "RD", queue: "read", statistic: "read" },
    { trace: "ST", command: "WR", queue: "write", statistic: "write" },
    { trace: "PIM_MAC_AB", command: "MACAB", queue: "pim", statistic: "pim_mac_all_bank" },
    { trace: "PIM_MAC_SB", command: "MACSB", queue: "pim", statistic: "pim_mac_same_bank" },
    { trace: "PIM_MAC_PB", command: "MACPB", queue: "pim", statistic: "pim_mac_per_bank" },
    { trace: "PIM_WR_GB", command: "WRGB", queue: "pim", statistic: "pim_write_to_gemv_buffer" },
    { trace: "PIM_MV_SB", command: "MVSB", queue: "pim", statistic: "pim_move_to_softmax_buffer" },
    { trace: "PIM_MV_GB", command: "MVGB", queue: "pim", statistic: "pim_move_to_gemv_buffer" },
    { trace: "PIM_SFM", command: "SFM", queue: "pim", statistic: "pim_softmax" },
    { trace: "PIM_SET_MODEL", command: "SETM", queue: "pim", statistic: "pim_set_model" },
    { trace: "PIM_SET_HEAD", command: "SETH", queue: "pim", statistic: "pim_set_head" },
    { trace: "PIM_BARRIER", command: "BARRIER", queue: "pim", barrier: true },
  ],
  constraints: CONSTRAINTS,
  refresh: { command: "REFab", level: "pseudochannel", interval: "nREFI", queueEntries: 1569 },
  controller: {
    // The reference accepts while the size is at most 32.
    queueEntries: 33,
    watermarkEntries: 32,
    writeHighWatermark: 0.8,
    writeLowWatermark: 0.2,
    readLatency: "nCL + nBL",
  },
  organisations: {
    HBM3_2Gb_1R: stack(2048, 1, 1 << 13),
    HBM3_4Gb_1R: stack(4096, 1, 1 << 14),
    HBM3_8Gb_1R: stack(8192, 1, 1 << 15),
    HBM3_4Gb_2R: stack(4096, 2, 1 << 13),
    HBM3_8Gb_2R: stack(8192, 2, 1 << 14),
    HBM3_16Gb_2R: stack(16384, 2, 1 << 15),
    HBM3_6Gb_3R: stack(6144, 3, 1 << 13),
    HBM3_12Gb_3R: stack(12288, 3, 1 << 14),
    HBM3_24Gb_3R: stack(24576, 3, 1 << 15),
    HBM3_8Gb_4R: stack(8192, 4, 1 << 13),
    HBM3_16Gb_4R: stack(16384, 4, 1 << 14),
    HBM3_32Gb_4R: stack(32768, 4, 1 << 15),
  },
  // `_NPC`: no power constraint on how fast MACs of many banks follow each other.
  timings: {
    "HBM3_4.8Gbps": timing(4800, 17, 41, 58, 20, 5, 8, 5, 6, 6, 8, 10, 36, 240, 4680, 10),
    "HBM3_4.8Gbps_NPC": timing(4800, 17, 41, 58, 20, 5, 8, 5, 4, 4, 8, 10, 36, 240, 4680, 10),
    "HBM3_5.2Gbps": timing(5200, 19, 45, 63, 21, 6, 8, 6, 6, 6, 8, 11, 39, 260, 5070, 11),
    "HBM3_5.2Gbps_NPC": timing(5200, 19, 45, 63, 21, 6, 8, 6, 4, 4, 8, 11, 39, 260, 5070, 11),
    "HBM3_5.6Gbps": timing(5600, 20, 48, 68, 23, 6, 9, 6, 6, 7, 9, 12, 42, 280, 5460, 12),
    "HBM3_5.6Gbps_NPC": timing(5600, 20, 48, 68, 23, 6, 9, 6, 4, 4, 9, 12, 42, 280, 5460, 12),
    "HBM3_6.0Gbps": timing(6000, 21, 51, 72, 24, 6, 9, 6, 6, 7, 9, 12, 45, 300, 5850, 12),
    "HBM3_6.0Gbps_NPC": timing(6000, 21, 51, 72, 24, 6, 9, 6, 4, 4, 9, 12, 45, 300, 5850, 12),
    "HBM3_6.4Gbps": timing(6400, 23, 55, 77, 26, 7, 10, 7, 7, 8, 10, 13, 48, 320, 6240, 13),
    "HBM3_6.4Gbps_NPC": timing(6400, 23, 55, 77, 26, 7, 10, 7, 4, 4, 10, 13, 48, 320, 6240, 13),
  },
  transfersPerClock: 4,
  derivedNs: {
    nRFC: {
      by: "densityMb",
      ns: {
        2048: 160,
        4096: 260,
        6144: 310,
        8192: 350,
        12288: 410,
        16384: 450,
        24576: 610,
        32768: 650,
      },
    },
    // The reference looks one rank too far (244 ns is never used, 4 ranks get 0). Nothing reads it.
    nREFISB: { by: "rank", ns: { 1: 122, 2: 82, 3: 61, 4: 0 } },
  },
};

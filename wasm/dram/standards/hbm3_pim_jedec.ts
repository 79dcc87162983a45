/**
 * HBM3 with AttAcc's processing-in-memory commands and timings close to JEDEC's.
 *
 * AttAcc scales HBM2 timings to HBM3's rates because it found no others. These are the numbers
 * Ramulator 2.1 takes from JESD238 (CMU-SAFARI/ramulator2, python/ramulator/dram/hbm3.py, c5b1c3a);
 * what a PIM needs beyond them, the distance of wide MACs, is AttAcc's at this rate. Organisations
 * are those whose tRFC (JESD238 table 84, by density of a rank) that source gives.
 *
 * @module
 */
import type { Standard, Timing } from "../standard.ts";
import { HBM3_PIM } from "./hbm3_pim.ts";

const JESD238_6400: Timing = {
  rate: 6400,
  nBL: 2,
  nCL: 20,
  nRCDRD: 31,
  nRCDWR: 15,
  nRP: 26,
  nRAS: 45,
  nRC: 72,
  nWR: 33,
  // One read-to-precharge time there, a short and a long one here.
  nRTPS: 9,
  nRTPL: 9,
  nCWL: 10,
  nCCDS: 2,
  nCCDL: 4,
  nCCDAB: 7,
  nCCDSB: 8,
  nRRDS: 4,
  nRRDL: 5,
  nWTRS: 7,
  nWTRL: 10,
  nRTW: 20,
  nFAW: 24,
  nRFCSB: 320,
  nREFI: 6240,
  nRREFD: 8,
};

const { HBM3_4Gb_1R, HBM3_8Gb_2R, HBM3_16Gb_2R, HBM3_16Gb_4R, HBM3_32Gb_4R } =
  HBM3_PIM.organisations;

/** The standard. */
export const HBM3_PIM_JEDEC: Standard = {
  ...HBM3_PIM,
  name: "HBM3-PIM-JEDEC",
  organisations: {
    HBM3_4Gb_1R: HBM3_4Gb_1R!,
    HBM3_8Gb_2R: HBM3_8Gb_2R!,
    HBM3_16Gb_2R: HBM3_16Gb_2R!,
    HBM3_16Gb_4R: HBM3_16Gb_4R!,
    HBM3_32Gb_4R: HBM3_32Gb_4R!,
  },
  timings: {
    "JESD238_6.4Gbps": JESD238_6400,
    "JESD238_6.4Gbps_NPC": { ...JESD238_6400, nCCDAB: 4, nCCDSB: 4 },
  },
  derivedNs: {
    nRFC: { by: "rankDensityMb", ns: { 4096: 260, 8192: 350 } },
  },
};

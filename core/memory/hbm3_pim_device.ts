import { type Device, resolveDevice } from "../../wasm/dram/device.ts";
import { deviceForQueries } from "../../wasm/dram/queries.ts";
import { HBM3_PIM } from "../../wasm/dram/standards/hbm3_pim.ts";
import type { PowerBudget } from "./memory_model.ts";

const TIMINGS: Readonly<Record<PowerBudget, string>> = {
  limited: "HBM3_5.2Gbps",
  unlimited: "HBM3_5.2Gbps_NPC",
};

/** Clock of the GEMV units: 16 multiply-adds a bank and clock (STARC, ASPLOS'26, section 6.1). */
const UNIT_MEGAHERTZ = 666;

/**
 * The stack AttAcc and STARC simulate: 16 channels of 8 Gb in two ranks at 5.2 Gb/s.
 *
 * Source: scale-snu/attacc_simulator, src/ramulator_wrapper.py.
 *
 * @param queries queries that each MAC serves
 *
 * @example
 * ```ts
 * import { hbm3PimDevice } from "./hbm3_pim_device.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(hbm3PimDevice("limited").timing.nCCDAB, 6);
 * equal(hbm3PimDevice("limited", 4).timing.nCCDAB, 8);
 * ```
 */
export function hbm3PimDevice(power: PowerBudget, queries = 1): Device {
  const device = resolveDevice(HBM3_PIM, {
    organisation: "HBM3_8Gb_2R",
    timing: TIMINGS[power],
    channels: 16,
  });
  return deviceForQueries(device, queries, UNIT_MEGAHERTZ);
}

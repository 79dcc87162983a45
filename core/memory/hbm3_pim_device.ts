import { type Device, resolveDevice } from "../../wasm/dram/device.ts";
import { HBM3_PIM } from "../../wasm/dram/standards/hbm3_pim.ts";
import type { PowerBudget } from "./memory_model.ts";

const TIMINGS: Readonly<Record<PowerBudget, string>> = {
  limited: "HBM3_5.2Gbps",
  unlimited: "HBM3_5.2Gbps_NPC",
};

/**
 * The stack AttAcc and STARC simulate: 16 channels of 8 Gb in two ranks at 5.2 Gb/s.
 *
 * Source: scale-snu/attacc_simulator, src/ramulator_wrapper.py.
 */
export function hbm3PimDevice(power: PowerBudget): Device {
  return resolveDevice(HBM3_PIM, {
    organisation: "HBM3_8Gb_2R",
    timing: TIMINGS[power],
    channels: 16,
  });
}

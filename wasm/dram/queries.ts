/**
 * A device whose MACs serve several queries each.
 *
 * @module
 */
import type { Device } from "./device.ts";

/**
 * Memory cycles a GEMV unit multiplies for before it can take the next column. A column holds 16
 * two-byte elements and a unit has 16 multipliers, so that each query takes one clock of the unit.
 *
 * @param unitMegahertz clock of the units
 *
 * @example
 * ```ts
 * import { macGapCycles } from "./queries.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual([1, 2, 3, 4].map((queries) => macGapCycles(queries, 769, 666)), [2, 4, 6, 8]);
 * ```
 */
export function macGapCycles(queries: number, clockPs: number, unitMegahertz: number): number {
  return Math.ceil(queries * (1e6 / unitMegahertz) / clockPs);
}

/**
 * The device with all-bank and same-bank MACs no closer than their units multiply. One query changes
 * nothing: reading a column takes longer.
 */
export function deviceForQueries(device: Device, queries: number, unitMegahertz: number): Device {
  if (queries === 1) return device;
  const { nCCDAB, nCCDSB } = device.timing;
  const least = macGapCycles(queries, device.clockPs, unitMegahertz);
  return {
    ...device,
    timing: {
      ...device.timing,
      nCCDAB: Math.max(nCCDAB!, least),
      nCCDSB: Math.max(nCCDSB!, least),
    },
  };
}

/**
 * One device: a standard with an organisation and a timing chosen, resolved to numbers.
 *
 * @module
 */
import type { AddressLevel, Organisation, Standard, Timing } from "./standard.ts";

/** What {@linkcode resolveDevice} is told. */
export interface DeviceOptions {
  /** Name of an organisation of the standard, e.g. `"HBM3_8Gb_2R"`. */
  readonly organisation: string;
  /** Name of a timing of the standard, e.g. `"HBM3_5.2Gbps"`. */
  readonly timing: string;
  /** Channels of the stack. */
  readonly channels: number;
}

/** A standard with numbers filled in. */
export interface Device {
  readonly standard: Standard;
  readonly organisation: Organisation;
  /** All timing parameters in cycles, derived ones included. */
  readonly timing: Timing;
  /** Clock period in picoseconds. */
  readonly clockPs: number;
  /** How many of each level there are, channels as asked for. */
  readonly counts: Readonly<Record<AddressLevel, number>>;
}

/**
 * Chooses an organisation and a timing of a standard.
 *
 * @throws {RangeError} when a name is unknown or the density does not fit the levels
 *
 * @example
 * ```ts
 * import { resolveDevice } from "./device.ts";
 * import { HBM3_PIM } from "./standards/hbm3_pim.ts";
 * import { equal } from "node:assert/strict";
 *
 * const device = resolveDevice(HBM3_PIM, {
 *   organisation: "HBM3_8Gb_2R",
 *   timing: "HBM3_5.2Gbps",
 *   channels: 16,
 * });
 * equal(device.clockPs, 769);
 * equal(device.timing.nRFC, 456);
 * ```
 */
export function resolveDevice(standard: Standard, options: DeviceOptions): Device {
  const organisation = pick(standard.organisations, options.organisation, "organisation");
  const preset = pick(standard.timings, options.timing, "timing");
  if (!Number.isInteger(options.channels) || options.channels < 1 || options.channels > 64) {
    throw new RangeError(`Expected 1 to 64 channels but found ${options.channels}`);
  }
  const counts = { ...organisation.counts, channel: options.channels };
  checkDensity(standard, organisation);
  const clockPs = Math.floor(1e6 / (preset.rate! / standard.transfersPerClock));
  const timing: Record<string, number> = { ...preset };
  for (const [name, { by, ns }] of Object.entries(standard.derivedNs)) {
    timing[name] = jedecCycles(ns[propertyOf(organisation, by)]!, clockPs);
  }
  return { standard, organisation, timing, clockPs, counts };
}

function propertyOf(
  { densityMb, counts }: Organisation,
  by: "densityMb" | "rankDensityMb" | "rank",
): number {
  if (by === "rank") return counts.rank;
  return by === "densityMb" ? densityMb : densityMb / counts.rank;
}

function pick<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found !== undefined) return found;
  throw new RangeError(
    `Expected ${what} to be one of ${Object.keys(table).join(", ")} but found ${
      JSON.stringify(name)
    }`,
  );
}

function checkDensity(standard: Standard, { counts, dq, densityMb }: Organisation) {
  const { pseudochannel, rank, bankgroup, bank, row, column } = counts;
  const bits = pseudochannel * rank * bankgroup * bank * row * column * dq * standard.prefetch;
  const found = Math.floor(bits / 2 ** 20);
  if (found !== densityMb) {
    throw new RangeError(`Expected a channel of ${densityMb} Mb but its levels make ${found} Mb`);
  }
}

/** Cycles of a time, by JEDEC's rounding: 2.5 % of a cycle is forgiven. */
function jedecCycles(ns: number, clockPs: number): number {
  return Math.floor((Math.floor((ns * 1_000_000) / clockPs) + 974) / 1000);
}

/**
 * Value of a sum of timing parameters and whole numbers.
 *
 * @throws {RangeError} when a term is neither
 *
 * @example
 * ```ts
 * import { cyclesOf } from "./device.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(cyclesOf("nCL + nBL + 2 - nCWL", { nCL: 19, nBL: 2, nCWL: 6 }), 17);
 * ```
 */
export function cyclesOf(expression: string, timing: Timing): number {
  let sum = 0;
  for (const [, sign, term] of expression.matchAll(/([+-]?)\s*([^\s+-]+)/g)) {
    const value = /^\d+$/.test(term!) ? Number(term) : timing[term!];
    if (value === undefined) {
      throw new RangeError(`Expected a timing parameter or whole number but found "${term}"`);
    }
    sum += sign === "-" ? -value : value;
  }
  return sum;
}

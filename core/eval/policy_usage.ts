/**
 * What a policy may use, and what it used.
 *
 * @module
 */
import * as v from "valibot";
import type { Limits } from "../host/limits.ts";
import type { Usage } from "../host/outcome.ts";

/**
 * Limits that decide whether a policy comes to its end, on every machine alike; wall time, which ends
 * a host that is too slow, does not.
 */
export type PolicyLimits = Pick<Limits, "memoryBytes" | "fuelPerCall">;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What a policy used; the same on every machine. */
export const PolicyUsageSchema = v.strictObject({
  /** Of all calls. */
  fuel: count,
  mostFuelPerCall: count,
  /** Of one layer's session. */
  mostMemoryBytes: count,
});

/** What a policy used; the same on every machine. */
export type PolicyUsage = v.InferOutput<typeof PolicyUsageSchema>;

/** Nothing was used. */
const NO_USAGE: PolicyUsage = { fuel: 0, mostFuelPerCall: 0, mostMemoryBytes: 0 };

/**
 * Adds up what calls use.
 *
 * @example
 * ```ts
 * import { UsageMeter } from "./policy_usage.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const meter = new UsageMeter();
 * meter.add({ fuel: 5, memoryBytes: 65536 });
 * meter.add({ fuel: 3, memoryBytes: 131072 });
 * deepEqual(meter.usage, { fuel: 8, mostFuelPerCall: 5, mostMemoryBytes: 131072 });
 * ```
 */
export class UsageMeter {
  #usage = NO_USAGE;

  /** Since the meter was made or reset. */
  get usage(): PolicyUsage {
    return this.#usage;
  }

  readonly add = ({ fuel, memoryBytes }: Usage) => {
    this.#usage = addUsage(this.#usage, {
      fuel,
      mostFuelPerCall: fuel,
      mostMemoryBytes: memoryBytes,
    });
  };

  reset() {
    this.#usage = NO_USAGE;
  }
}

/** What two parts of a run used together. */
export function addUsage(one: PolicyUsage, other: PolicyUsage): PolicyUsage {
  return {
    fuel: one.fuel + other.fuel,
    mostFuelPerCall: Math.max(one.mostFuelPerCall, other.mostFuelPerCall),
    mostMemoryBytes: Math.max(one.mostMemoryBytes, other.mostMemoryBytes),
  };
}

/**
 * The options that limit what a policy may use.
 *
 * @module
 */
import type { Command } from "commander";
import { DEFAULT_LIMITS, type Limits } from "../../../core/host/mod.ts";
import { checkedOption } from "../option.ts";
import { wholeNumber } from "../values.ts";

/** Values of the options {@linkcode addLimitOptions} adds. */
export interface LimitOptions {
  readonly fuel?: number;
  readonly memoryLimit?: number;
  readonly wall?: number;
}

const MOST_MEMORY_BYTES = 2 ** 32;
/** Of a call; in milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/** Adds them. */
export function addLimitOptions(command: Command): Command {
  const { fuelPerCall, memoryBytes, wallMsPerCall } = DEFAULT_LIMITS;
  return command
    .addOption(
      checkedOption(
        "--fuel <count>",
        "fuel of one call of a policy, about an instruction each; a policy of others has " +
          `${fuelPerCall}, one of this repository is metered only where a limit is given`,
        wholeNumber(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      checkedOption(
        "--memory-limit <bytes>",
        `memory of a policy's session of one layer (as --fuel; ${memoryBytes})`,
        wholeNumber(2 ** 16, MOST_MEMORY_BYTES),
      ),
    )
    .addOption(
      checkedOption(
        "--wall <ms>",
        `time of one call of a policy (as --fuel; ${wallMsPerCall})`,
        wholeNumber(1, DAY),
      ),
    );
}

/**
 * The limits that options change; nothing where they change none.
 *
 * @example
 * ```ts
 * import { limitsOf } from "./limit_options.ts";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * deepEqual(limitsOf({ fuel: 1000 }), { fuelPerCall: 1000 });
 * equal(limitsOf({}), undefined);
 * ```
 */
export function limitsOf({ fuel, memoryLimit, wall }: LimitOptions): Partial<Limits> | undefined {
  if ([fuel, memoryLimit, wall].every((limit) => limit === undefined)) return undefined;
  return {
    ...fuel !== undefined && { fuelPerCall: fuel },
    ...memoryLimit !== undefined && { memoryBytes: memoryLimit },
    ...wall !== undefined && { wallMsPerCall: wall },
  };
}

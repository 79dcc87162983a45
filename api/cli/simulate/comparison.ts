import type { SystemRow } from "../../../core/system/columns.ts";
import type { SystemResult } from "../../../core/system/simulate.ts";
import type { Method } from "./options.ts";

export {
  type Breakdown,
  energyOf,
  latencyOf,
  type Part,
  PARTS,
  sumOf,
} from "../../../core/system/breakdown.ts";

/** A method with its result. */
export interface MethodResult {
  readonly method: Method;
  readonly row: SystemRow;
  readonly notes: readonly string[];
  readonly charged: SystemResult["charged"];
  readonly chargedPrompt: SystemResult["chargedPrompt"];
}

const CHARGES = {
  write: "writing the new token",
  select: "reading what it decides by",
  choose: "choosing the largest scores",
  cluster: "clustering and moving new tokens",
} as const;

/** What was charged once, for the prompt, a line each. */
export function promptChargeLines(
  { cluster }: SystemResult["chargedPrompt"],
  name: string,
): string[] {
  if (!cluster) return [];
  const { milliseconds, nanojoules } = cluster;
  const joules = (nanojoules / 1e9).toPrecision(3);
  return [
    `${name}: ${milliseconds.toPrecision(3)} ms and ${joules} J, once, for clustering and moving ` +
    "its tokens",
  ];
}

/** What of a step's attention was charged for work beside it, a line each. */
export function chargeLines(charged: SystemResult["charged"], name: string): string[] {
  return Object.entries(CHARGES).flatMap(([charge, what]) => {
    const cost = charged[charge as keyof typeof CHARGES];
    if (!cost) return [];
    const { milliseconds, nanojoules } = cost;
    const joules = (nanojoules / 1e9).toPrecision(3);
    return [`${name}: of it ${milliseconds.toPrecision(3)} ms and ${joules} J for ${what}`];
  });
}

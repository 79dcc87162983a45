import type { SystemRow } from "../../../core/system/columns.ts";
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
}

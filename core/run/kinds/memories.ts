/**
 * Memory models that a run can name.
 *
 * @module
 */
import { Hbm3PimMemory } from "../../memory/hbm3_pim.ts";
import type { MemoryModel } from "../../memory/memory_model.ts";

/** A memory model that is built in. */
export interface BuiltInMemory {
  readonly title: string;
  /** Opens it to be used in the thread that calls. */
  readonly open: () => Promise<MemoryModel & Disposable>;
}

/** The table. */
export const memories = {
  "hbm3-pim": {
    title: "HBM3 with processing in memory, to the cycle",
    open: () => Hbm3PimMemory.open({ workers: 1 }),
  },
} as const satisfies Record<string, BuiltInMemory>;

/** Name of a memory model. */
export type MemoryName = keyof typeof memories;

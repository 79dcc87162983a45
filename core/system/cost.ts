/** Energy of a layer on all devices together, in picojoules, by where it is spent. */
export interface Energy {
  readonly dram: number;
  readonly l2: number;
  readonly l1: number;
  readonly register: number;
  readonly alu: number;
  readonly link: number;
}

/** Nothing spent. */
export const NO_ENERGY: Energy = { dram: 0, l2: 0, l1: 0, register: 0, alu: 0, link: 0 };

/** What limits a layer. */
export type Bound = "compute" | "memory";

/** What a layer costs. */
export interface LayerCost {
  readonly seconds: number;
  readonly bound: Bound;
  readonly energy: Energy;
}

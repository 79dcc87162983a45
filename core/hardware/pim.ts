import { dramPicojoulesPerBit } from "./energies.ts";
import { GIBI } from "./units.ts";

const { activate, cell, bankGroupMux, globalIoMux, tsv } = dramPicojoulesPerBit;

/** The stacks of AttAcc's accelerator and what surrounds them (AttAcc src/config.py). */
export const attAcc = {
  /** Accelerators in a system, whatever the number of GPUs. */
  devices: 8,
  /** HBM stacks of one accelerator. */
  stacks: 5,
  bytesPerStack: 16 * GIBI,
  /** What one stack gives to the outside. */
  bytesPerSecondPerStack: 670.4e9,
  link: "NVLINK3",
  /** Memory clock at 5.2 Gbps (AttAcc src/ramulator_wrapper.py). */
  clockNanoseconds: 0.769,
  /** Bytes of one column, what one command moves. */
  columnBytes: 32,
  /** Columns of a bank's row. */
  columnsPerRow: 32,
  /** Heads a stack works on at a time, one a channel. */
  channels: 16,
} as const;

/** A place for GEMV units. */
interface PimPlacement {
  /** Name in the `hw` column. */
  readonly label: string;
  /** Bandwidth inside a stack over that to the outside, with and without a power limit. */
  readonly bandwidthScale: { readonly limited: number; readonly unlimited: number };
  /** Columns one MAC command reads. */
  readonly columnsPerMac: number;
  /** From the cell to the units. */
  readonly cellPicojoulesPerByte: number;
}

/** Where the GEMV units of a stack can be (AttAcc src/config.py, src/ramulator_wrapper.py). */
export const pimPlacements = {
  bank: {
    label: "BA",
    bandwidthScale: { limited: 9, unlimited: 16 },
    // 2 pseudo-channels x 2 ranks x 4 bank groups x 4 banks
    columnsPerMac: 64,
    cellPicojoulesPerByte: (activate + cell) * 8,
  },
  bankgroup: {
    label: "BG",
    bandwidthScale: { limited: 3, unlimited: 8 },
    // 2 pseudo-channels x 2 ranks x 4 bank groups
    columnsPerMac: 16,
    cellPicojoulesPerByte: (activate + cell + bankGroupMux) * 8,
  },
  buffer: {
    label: "BUFFER",
    bandwidthScale: { limited: 1, unlimited: 1 },
    // 2 pseudo-channels
    columnsPerMac: 2,
    cellPicojoulesPerByte: (activate + cell + bankGroupMux + globalIoMux + tsv) * 8,
  },
} as const satisfies Record<string, PimPlacement>;

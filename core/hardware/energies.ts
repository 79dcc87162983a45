/**
 * Energy of moving one bit through each part of an HBM stack, from the cell outwards, in pJ/bit
 * (O'Connor et al., Fine-Grained DRAM, MICRO 2017, as used by AttAcc src/config.py).
 */
export const dramPicojoulesPerBit = {
  activate: 0.11,
  cell: 0.44,
  /** Column decoder to the bank-group multiplexer. */
  bankGroupMux: 1.01,
  /** Bank-group multiplexer to the global-I/O multiplexer. */
  globalIoMux: 1.23,
  /** Through-silicon vias to the buffer die. */
  tsv: 0.5,
  /** Silicon interposer to the processor. */
  interposer: 0.3,
} as const;

const { activate, cell, bankGroupMux, globalIoMux, tsv, interposer } = dramPicojoulesPerBit;

/** What a processor spends, in pJ for each byte, and for each multiply-add. */
interface ProcessorEnergy {
  readonly dramPicojoulesPerByte: number;
  readonly l2PicojoulesPerByte: number;
  readonly l1PicojoulesPerByte: number;
  /** For each element: AttAcc counts register traffic in elements. */
  readonly registerPicojoulesPerElement: number;
  readonly aluPicojoulesPerMultiplyAdd: number;
  readonly linkPicojoulesPerByte: number;
}

/** Energies of GPUs and CPUs (AttAcc src/config.py; it counts none for CPUs). */
export const processorEnergy = {
  gpu: {
    dramPicojoulesPerByte: (activate + cell + bankGroupMux + globalIoMux + tsv + interposer) * 8,
    l2PicojoulesPerByte: 0.3 * 8,
    l1PicojoulesPerByte: 0.16 * 8,
    registerPicojoulesPerElement: 0.0675,
    aluPicojoulesPerMultiplyAdd: 0.32,
    linkPicojoulesPerByte: 1.3 * 8,
  },
  cpu: {
    dramPicojoulesPerByte: 0,
    l2PicojoulesPerByte: 0,
    l1PicojoulesPerByte: 0,
    registerPicojoulesPerElement: 0,
    aluPicojoulesPerMultiplyAdd: 0,
    linkPicojoulesPerByte: 0,
  },
} as const satisfies Record<string, ProcessorEnergy>;

/** What an HBM stack with GEMV units spends outside its cells (AttAcc src/config.py). */
export const pimEnergy = {
  softmaxBufferPicojoulesPerByte: 0.0034,
  aluPicojoulesPerMultiplyAdd: 0.32,
  linkPicojoulesPerByte: 10.4,
} as const;

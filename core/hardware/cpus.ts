import type { GpuName } from "./gpus.ts";
import type { Processor } from "./processor.ts";
import { KIBI, MEBI, TEBI } from "./units.ts";

/** CPUs in one DGX. */
export const CPUS_IN_A_DGX = 2;

/** The CPU of the DGX that each GPU comes in. One device each. */
export const cpus = {
  A100a: {
    kind: "cpu",
    cores: 64,
    flopsPerSecond: 4e12,
    memoryBytes: TEBI,
    memoryBytesPerSecond: 200e9,
    l1BytesPerCore: 96 * KIBI,
    l2Bytes: 256 * MEBI,
    l2BytesPerSecond: Infinity,
    linkBytesPerSecond: 4 * 64e9,
    source: "AttAcc src/config.py",
  },
  H100: {
    kind: "cpu",
    cores: 56,
    flopsPerSecond: 4e12,
    memoryBytes: TEBI,
    // 8 channels of 2 modules at 4400 MT/s, 8 bytes a transfer.
    memoryBytesPerSecond: 8 * 2 * 4400e6 * 8,
    l1BytesPerCore: 48 * KIBI,
    l2Bytes: 2 * MEBI,
    l2BytesPerSecond: 5.5e12,
    linkBytesPerSecond: 4 * 128e9,
    source: "AttAcc src/config.py, after Intel's Xeon Platinum 8480+ data sheet",
  },
} as const satisfies Record<GpuName, Processor>;

import type { Processor } from "./processor.ts";
import { GIBI, KIBI, MEBI } from "./units.ts";

/** GPUs, by the names of AttAcc's `--gpu`. One device each. */
export const gpus = {
  A100a: {
    kind: "gpu",
    cores: 108,
    flopsPerSecond: 312e12,
    memoryBytes: 80 * GIBI,
    // AttAcc gives its A100 five stacks of HBM3, like the H100.
    memoryBytesPerSecond: 3352e9,
    l1BytesPerCore: 192 * KIBI,
    l2Bytes: 40 * MEBI,
    l2BytesPerSecond: Infinity,
    linkBytesPerSecond: 600e9,
    source: "AttAcc src/config.py, after NVIDIA's DGX A100 white paper",
  },
  H100: {
    kind: "gpu",
    cores: 132,
    flopsPerSecond: 989.4e12,
    memoryBytes: 80 * GIBI,
    memoryBytesPerSecond: 3352e9,
    l1BytesPerCore: 256 * KIBI,
    l2Bytes: 50 * MEBI,
    l2BytesPerSecond: Infinity,
    linkBytesPerSecond: 900e9,
    source: "AttAcc src/config.py, after NVIDIA's DGX H100 white paper",
  },
} as const satisfies Record<string, Processor>;

/** Name of a GPU. */
export type GpuName = keyof typeof gpus;

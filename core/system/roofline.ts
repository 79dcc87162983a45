/**
 * Time and energy of a layer on GPUs or CPUs.
 *
 * @module
 */
import { processorEnergy } from "../hardware/energies.ts";
import type { Processor } from "../hardware/processor.ts";
import type { Energy, LayerCost } from "./cost.ts";
import { elementwiseBytes, type Layer, layerFlops } from "./layers.ts";
import { chooseTiles, coreOccupancy, tileTraffic } from "./tiles.ts";

/** Shares of the peak rates that real code reaches (AttAcc src/config.py). */
export const REACHED = { compute: 0.8, memory: 0.85 };

/** A register tile, as far as traffic from L1 goes. */
const REGISTER_TILE = { m: 16, n: 16 };

/** Equal processors that share a layer. */
export interface Processors extends Processor {
  readonly devices: number;
}

/**
 * GPU kernels of a memory-bound layer as measured on an A100 with 1555 GB/s (AttAcc
 * src/devices.py): a start and a slope, in microseconds.
 */
const MEASURED_KERNELS = {
  bytesPerSecond: 1555e9,
  activation: { microsecondsPerByte: 4.47e-7, startMicroseconds: 8.29 },
  norm: { microsecondsPerByte: 1.6e-6, startMicroseconds: 6.87 },
};

/** Bytes, of one device, that each level of the memory hierarchy serves. */
interface Traffic {
  readonly memory: number;
  readonly l2: number;
  readonly l1: number;
  /** In elements: AttAcc leaves out their size and the number of operations. */
  readonly register: number;
}

/**
 * Cost of a layer that is not communication, as the slower of computing and moving (AttAcc
 * src/devices.py, xPU).
 *
 * @param gpuTimeDivisor the switch `gpu-time-divisor`
 */
export function rooflineCost(
  layer: Layer,
  processors: Processors,
  gpuTimeDivisor: number,
): LayerCost {
  const isProduct = layer.kind === "fc" || layer.kind === "matmul";
  const tiles = isProduct ? chooseTiles(layer, processors) : undefined;
  const traffic = tiles
    ? {
      memory: tileTraffic(layer, tiles.l2),
      l2: tileTraffic(layer, tiles.l1),
      l1: tileTraffic(layer, REGISTER_TILE),
      register: 3 * layer.m * layer.n * layer.k,
    }
    : sameTraffic(elementwiseBytes(layer));
  const occupancy = processors.kind === "gpu"
    ? coreOccupancy(layer, tiles?.l1 ?? REGISTER_TILE, processors.cores)
    : 1;
  const compute = computeSeconds(layer, processors, occupancy);
  const memory = memorySeconds(layer, traffic, processors, occupancy, gpuTimeDivisor);
  return {
    seconds: Math.max(compute, memory),
    bound: compute > memory ? "compute" : "memory",
    energy: energyOf(layer, traffic, processors),
  };
}

const sameTraffic = (bytes: number): Traffic => ({
  memory: bytes,
  l2: bytes,
  l1: bytes,
  register: bytes,
});

function computeSeconds(layer: Layer, { flopsPerSecond }: Processor, occupancy: number): number {
  // 8-bit operands double the rate.
  const narrow = Math.floor(2 / layer.elementBytes);
  return layerFlops(layer) / (flopsPerSecond * REACHED.compute * occupancy * narrow);
}

function memorySeconds(
  { kind }: Layer,
  traffic: Traffic,
  { kind: processor, memoryBytesPerSecond, l2BytesPerSecond }: Processor,
  occupancy: number,
  gpuTimeDivisor: number,
): number {
  if (processor === "gpu" && (kind === "activation" || kind === "norm")) {
    const { microsecondsPerByte, startMicroseconds } = MEASURED_KERNELS[kind];
    const slower = MEASURED_KERNELS.bytesPerSecond / memoryBytesPerSecond;
    const microseconds = microsecondsPerByte * slower * traffic.memory + startMicroseconds;
    return microseconds / 1e6 / gpuTimeDivisor;
  }
  return Math.max(
    traffic.memory / (memoryBytesPerSecond * REACHED.memory * occupancy),
    traffic.l2 / l2BytesPerSecond,
  );
}

function energyOf(layer: Layer, traffic: Traffic, { kind, devices }: Processors): Energy {
  const perUnit = processorEnergy[kind];
  return {
    dram: traffic.memory * perUnit.dramPicojoulesPerByte * devices,
    l2: traffic.l2 * perUnit.l2PicojoulesPerByte * devices,
    l1: traffic.l1 * perUnit.l1PicojoulesPerByte * devices,
    register: traffic.register * perUnit.registerPicojoulesPerElement * devices,
    alu: layerFlops(layer) / 2 * perUnit.aluPicojoulesPerMultiplyAdd * devices,
    link: 0,
  };
}

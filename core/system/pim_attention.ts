/**
 * Time and energy of attention in the memory (AttAcc src/devices.py, src/ramulator_wrapper.py).
 *
 * @module
 */
import { dramPicojoulesPerBit, pimEnergy } from "../hardware/energies.ts";
import { attAcc, pimPlacements } from "../hardware/pim.ts";
import type { MemoryResult, PimLevel } from "../memory/memory_model.ts";
import { type LayerCost, NO_ENERGY } from "./cost.ts";
import { elementwiseBytes, type Layer, layerFlops } from "./layers.ts";

/** Bytes that a step's commands move in the stacks of one accelerator, from outside to the cells. */
export interface PimTraffic {
  readonly interposer: number;
  readonly tsv: number;
  readonly globalIoMux: number;
  readonly bankGroupMux: number;
  readonly cells: number;
}

/**
 * Bytes moved by commands that were counted on one stack.
 *
 * @param columnsPerMac columns one MAC command reads, by the placement of the units
 */
export function pimTraffic(counts: MemoryResult, columnsPerMac: number): PimTraffic {
  const bytes = (columns: number) => columns * attAcc.columnBytes * attAcc.stacks;
  const moved = bytes(counts.wrgb + counts.mvsb + counts.mvgb);
  return {
    interposer: bytes(counts.wrgb),
    tsv: moved,
    globalIoMux: moved,
    bankGroupMux: moved,
    cells: bytes(counts.mac * columnsPerMac),
  };
}

/**
 * Score, softmax and context of one step, which a program runs as a whole. It is charged to the
 * score layer; its arithmetic is the score layer's alone and of the whole context, as AttAcc has it.
 */
export function pimScoreCost(
  layer: Layer,
  result: MemoryResult,
  pim: PimLevel,
  columnsPerMac: number,
): LayerCost {
  const traffic = pimTraffic(result, columnsPerMac);
  // AttAcc multiplies bytes by energies of a bit on these four parts of the way.
  const { interposer, tsv, globalIoMux, bankGroupMux } = dramPicojoulesPerBit;
  const way = traffic.interposer * interposer + traffic.tsv * tsv +
    traffic.globalIoMux * globalIoMux + traffic.bankGroupMux * bankGroupMux;
  const cells = traffic.cells * pimPlacements[pim].cellPicojoulesPerByte;
  const alu = layerFlops(layer) / 2 * pimEnergy.aluPicojoulesPerMultiplyAdd;
  return {
    seconds: attAcc.clockNanoseconds * result.cycles / 1e9,
    bound: "compute",
    energy: { ...NO_ENERGY, dram: (cells + way) * attAcc.devices, alu: alu * attAcc.devices },
  };
}

/** The context layer: part of the score layer's program. */
export const PIM_CONTEXT_COST: LayerCost = { seconds: 0, bound: "compute", energy: NO_ENERGY };

/**
 * The softmax unit in the buffer dies, over the whole context. Its time only weighs attention
 * against the GPU's work: a program's cycles hold the softmax already.
 */
export function pimSoftmaxCost(layer: Layer): LayerCost {
  const perSecond = attAcc.bytesPerSecondPerStack * attAcc.stacks;
  const bytes = elementwiseBytes(layer);
  const compute = layerFlops(layer) / (perSecond * Math.floor(2 / layer.elementBytes));
  const memory = bytes / perSecond;
  const dram = bytes * pimEnergy.softmaxBufferPicojoulesPerByte * attAcc.devices;
  const alu = layerFlops(layer) / 2 * pimEnergy.aluPicojoulesPerMultiplyAdd * attAcc.devices;
  return {
    seconds: Math.max(compute, memory),
    bound: compute > memory ? "compute" : "memory",
    energy: { ...NO_ENERGY, dram, alu },
  };
}

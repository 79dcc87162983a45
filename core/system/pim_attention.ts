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
import type { Switches } from "./switches.ts";

/** Bytes of a row in all banks of a channel. */
const ALL_BANK_ROW_BYTES = pimPlacements.bank.columnsPerMac * attAcc.columnsPerRow *
  attAcc.columnBytes;

/** Bytes that a step's commands move in the stacks of one accelerator, from outside to the cells. */
interface PimTraffic {
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
function pimTraffic(counts: MemoryResult, columnsPerMac: number): PimTraffic {
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

/** What one step's attention came to in the fullest stack. */
export interface PimAttention {
  readonly result: MemoryResult;
  /** Length of one of its cycles in nanoseconds. */
  readonly cycleNs: number;
  readonly pim: PimLevel;
  /** Columns one MAC command reads, by the placement of the units. */
  readonly columnsPerMac: number;
  /** Rows opened in all banks of a channel, every channel counted; of bank PIM. */
  readonly rowsOpened: number;
  /** What the mean stack spends over what the fullest does. */
  readonly stackShare: number;
}

/**
 * Score, softmax and context of one step, which a program runs as a whole. It is charged to the
 * score layer.
 *
 * Bytes between the buffer die and the units pass the silicon interposer (operands only), the
 * vias and two multiplexers, whose energies the table gives for a bit. AttAcc multiplies them by
 * bytes (`way-energy`).
 *
 * The energy of an activation is given for each bit of a row: 0.11 pJ/bit of 1 KiB are 0.9 nJ a
 * bank. AttAcc adds it to every bit read, which is right where each opened row is read as a whole.
 * By rows (`activation-energy`) every row opened in all 64 banks of a channel costs 64 times that,
 * however little is read of it.
 *
 * @param flops operations that are charged: the layer's own, or also the context layer's
 */
export function pimScoreCost(
  flops: number,
  attention: PimAttention,
  switches: Pick<Switches, "way-energy" | "activation-energy">,
): LayerCost {
  const { result, cycleNs, pim, columnsPerMac, rowsOpened, stackShare } = attention;
  const traffic = pimTraffic(result, columnsPerMac);
  const { interposer, tsv, globalIoMux, bankGroupMux, activate } = dramPicojoulesPerBit;
  const way = traffic.interposer * interposer + traffic.tsv * tsv +
    traffic.globalIoMux * globalIoMux + traffic.bankGroupMux * bankGroupMux;
  const wayPicojoules = switches["way-energy"] === "per-byte" ? way * 8 : way;
  const byRows = switches["activation-energy"] === "by-rows" && pim === "bank";
  const cells = traffic.cells * pimPlacements[pim].cellPicojoulesPerByte;
  const cellPicojoules = byRows
    ? cells + (rowsOpened * ALL_BANK_ROW_BYTES * attAcc.stacks - traffic.cells) * activate * 8
    : cells;
  const alu = flops / 2 * pimEnergy.aluPicojoulesPerMultiplyAdd;
  return {
    seconds: cycleNs * result.cycles / 1e9,
    bound: "compute",
    energy: {
      ...NO_ENERGY,
      dram: (cellPicojoules + wayPicojoules) * stackShare * attAcc.devices,
      alu: alu * attAcc.devices,
    },
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

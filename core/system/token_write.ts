/**
 * Writing the new token's keys and values.
 *
 * @module
 */
import type { Device } from "../../wasm/dram/device.ts";
import { dramPicojoulesPerBit, processorEnergy } from "../hardware/energies.ts";
import { attAcc } from "../hardware/pim.ts";
import { type LayerCost, NO_ENERGY } from "./cost.ts";
import { type BlockShape, newTokenBytes } from "./layers.ts";
import type { PimAccelerator } from "./machine.ts";
import { type Processors, REACHED } from "./roofline.ts";

/** Banks that share a key: all of a bank group's where a unit is at each. */
const BANKS_OF_A_KEY = { bank: 4, bankgroup: 1, buffer: 1 } as const;

/** What of a device's timing a write takes. */
type WriteTiming = Pick<Device, "timing">;

/**
 * Cycles from idle until every row may be opened again, for the keys and values that one channel
 * gets: a head after the other, as their banks are the same.
 *
 * A key's columns lie in one row of each of its banks; a value has a column in each pass over the
 * values, each in another row. A row visit is an activation and, nRCDWR later, writes to the banks
 * in turn, nCCDL apart. The next visit's activation waits for the last write's data and recovery and
 * for the precharge (nCWL + nBL + nWR + nRP); the banks' waits run side by side. Nothing of it
 * overlaps attention: the layer's keys are read next.
 *
 * @param heads heads of the channel
 * @param keyColumns columns a key takes of each of its banks; as many passes over the values
 * @param banks banks that share a key
 */
export function tokenWriteCycles(
  { timing }: WriteTiming,
  heads: number,
  keyColumns: number,
  banks: number,
): number {
  const { nRCDWR, nCCDL, nCWL, nBL, nWR, nRP } = timing as Record<string, number>;
  const recovery = nCWL! + nBL! + nWR! + nRP!;
  const visits = heads * (1 + keyColumns);
  const moreColumns = heads * banks * (keyColumns - 1);
  return 1 + nRCDWR! + (visits - 1) * (recovery + nRCDWR!) +
    nCCDL! * (moreColumns + banks - 1) + recovery;
}

/** The write in the stacks. Its bytes come all the way from the GPU's side of the interposer. */
export function pimTokenWrite(
  block: BlockShape,
  headDim: number,
  { pim }: PimAccelerator,
  device: WriteTiming,
): LayerCost {
  const banks = BANKS_OF_A_KEY[pim];
  const keyColumns = Math.ceil(headDim * block.elementBytes / (banks * attAcc.columnBytes));
  const stored = Math.ceil(block.keyValueHeads * block.batch / attAcc.stacks);
  const cycles = tokenWriteCycles(
    device,
    Math.ceil(stored / attAcc.channels),
    keyColumns,
    banks,
  );
  const perBit = Object.values(dramPicojoulesPerBit).reduce((sum, part) => sum + part, 0);
  return {
    seconds: cycles * attAcc.clockNanoseconds / 1e9,
    bound: "memory",
    energy: { ...NO_ENERGY, dram: newTokenBytes(block) * perBit * 8 },
  };
}

/** The write in the memory of GPUs or CPUs, at the bandwidth they reach. */
export function processorTokenWrite(block: BlockShape, processors: Processors): LayerCost {
  const bytes = newTokenBytes(block);
  const { devices, memoryBytesPerSecond, kind } = processors;
  return {
    seconds: bytes / devices / (memoryBytesPerSecond * REACHED.memory),
    bound: "memory",
    energy: { ...NO_ENERGY, dram: bytes * processorEnergy[kind].dramPicojoulesPerByte },
  };
}

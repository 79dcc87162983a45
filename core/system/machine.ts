/**
 * The devices of a system.
 *
 * @module
 */
import { cpus, CPUS_IN_A_DGX } from "../hardware/cpus.ts";
import { gpus } from "../hardware/gpus.ts";
import { attAcc, pimPlacements } from "../hardware/pim.ts";
import { GIBI } from "../hardware/units.ts";
import type { PimLevel, PowerBudget } from "../memory/memory_model.ts";
import type { Processors } from "./roofline.ts";
import type { SystemSpec } from "./spec.ts";

/** AttAcc's accelerators, as far as the artifact's columns and rooflines see them. */
export interface PimAccelerator {
  readonly kind: "pim";
  readonly pim: PimLevel;
  readonly power: PowerBudget;
  readonly devices: number;
  /** Of one accelerator. */
  readonly memoryBytes: number;
  /** Inside the stacks of one accelerator. */
  readonly memoryBytesPerSecond: number;
}

/** GPUs and where attention runs during generation: on the GPUs themselves, on CPUs or in memory. */
export interface Machine {
  readonly gpus: Processors;
  readonly accelerator: Processors | PimAccelerator;
}

/** Where the units sit, by the names of an experiment. */
export const PIM_LEVELS = { bank: "bank", bg: "bankgroup", buffer: "buffer" } as const;

/** Where the units of some experiments sit. */
export function levelsOf(specs: readonly Pick<SystemSpec, "pim">[]): Set<PimLevel> {
  return new Set(specs.map(({ pim }) => PIM_LEVELS[pim]));
}

/** The machine of an experiment. */
export function machineOf(spec: SystemSpec): Machine {
  const gpu = gpus[spec.gpu];
  const given = { ...gpu, devices: spec.ngpu, memoryBytes: spec.gmemcap * GIBI };
  switch (spec.system) {
    case "dgx":
      return { gpus: given, accelerator: given };
    case "dgx-cpu":
      return {
        gpus: spec.switches["dgx-cpu-gpus"] === "given" ? given : { ...gpu, devices: 8 },
        accelerator: { ...cpus[spec.gpu], devices: CPUS_IN_A_DGX },
      };
    case "dgx-attacc":
      return { gpus: given, accelerator: pimAccelerator(spec) };
  }
}

function pimAccelerator(spec: SystemSpec): PimAccelerator {
  const pim = PIM_LEVELS[spec.pim];
  const power = spec.powerlimit ? "limited" : "unlimited";
  const scale = pimPlacements[pim].bandwidthScale[power];
  return {
    kind: "pim",
    pim,
    power,
    devices: attAcc.devices,
    memoryBytes: attAcc.stacks * attAcc.bytesPerStack,
    memoryBytesPerSecond: attAcc.bytesPerSecondPerStack * scale * attAcc.stacks,
  };
}

/** Memory of all devices, in whole GiB. */
export function capacityGib({ gpus, accelerator }: Machine): number {
  const devices = accelerator === gpus ? [gpus] : [gpus, accelerator];
  const bytes = devices.reduce((sum, device) => sum + device.devices * device.memoryBytes, 0);
  return Math.floor(bytes / GIBI);
}

/** Bandwidth of one accelerator over that of one GPU. */
export function bandwidthRatio({ gpus, accelerator }: Machine): number {
  return accelerator.memoryBytesPerSecond / gpus.memoryBytesPerSecond;
}

/** Name of where attention runs, as in the `hw` column. */
export function acceleratorLabel({ accelerator }: Machine): string {
  switch (accelerator.kind) {
    case "gpu":
      return "NONE";
    case "cpu":
      return "CPU";
    case "pim":
      return pimPlacements[accelerator.pim].label;
  }
}

/**
 * Time and energy of moving activations between devices (AttAcc src/devices.py).
 *
 * AttAcc gives a second for a message of no bytes. No layer has one, so that no switch is needed:
 * every message carries at least an element of each request.
 *
 * @module
 */
import { pimEnergy, processorEnergy } from "../hardware/energies.ts";
import { linkBytesPerSecond, nvlinkMessage } from "../hardware/links.ts";
import { attAcc } from "../hardware/pim.ts";
import { type LayerCost, NO_ENERGY } from "./cost.ts";
import type { Layer } from "./layers.ts";
import type { Processors } from "./roofline.ts";

const layerBytes = ({ m, n, operations, elementBytes }: Layer) => m * n * operations * elementBytes;

const cost = (seconds: number, link: number): LayerCost => ({
  seconds,
  bound: "compute",
  energy: { ...NO_ENERGY, link },
});

/**
 * Sums a layer's partial results over the GPUs, each of which ends up with all of them: N - 1
 * messages, one after the other, of an Nth of the result each.
 *
 * @param gpuTimeDivisor the switch `gpu-time-divisor`: 8 in the artifact, which gives no reason for
 * it; the messages' measured start alone is 6.06 us, so that 1 is what the fit says
 */
export function allReduceCost(layer: Layer, gpus: Processors, gpuTimeDivisor: number): LayerCost {
  const bytes = layerBytes(layer);
  const message = nvlinkSeconds(bytes / gpus.devices, gpus.linkBytesPerSecond);
  const seconds = message * (gpus.devices - 1) / gpuTimeDivisor;
  return cost(seconds, gpus.devices * bytes * processorEnergy.gpu.linkPicojoulesPerByte);
}

function nvlinkSeconds(bytes: number, bytesPerSecond: number): number {
  const { startNanoseconds, nanosecondsPerByte, measuredBytesPerSecond } = nvlinkMessage;
  const slope = nanosecondsPerByte * (measuredBytesPerSecond / bytesPerSecond);
  return Math.max((startNanoseconds + slope * bytes) / 1e9, bytes / (bytesPerSecond / 2));
}

/** Moves a layer's operands between the GPUs and CPUs; AttAcc counts no energy for it. */
export function cpuTransferCost(layer: Layer, cpus: Processors): LayerCost {
  return cost(layerBytes(layer) / (cpus.linkBytesPerSecond / 2), 0);
}

/**
 * Moves a layer's operands between the GPUs and the accelerators, one way at a time.
 *
 * @param link bytes a second, both directions together; NVLINK3's as in AttAcc if none is given
 */
export function pimTransferCost(
  layer: Layer,
  link: number = linkBytesPerSecond[attAcc.link],
): LayerCost {
  const bytes = layerBytes(layer);
  const seconds = bytes / (link / 2);
  return cost(seconds, bytes * pimEnergy.linkPicojoulesPerByte * attAcc.devices);
}

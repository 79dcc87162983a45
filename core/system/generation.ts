/**
 * One transformer block's layers with what each costs.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import type { MemoryResult } from "../memory/memory_model.ts";
import { allReduceCost, cpuTransferCost, pimTransferCost } from "./communication.ts";
import type { LayerCost } from "./cost.ts";
import { feedForwardShare } from "./feed_forward_sharing.ts";
import {
  attentionLayers,
  type BlockShape,
  generationLayers,
  type Layer,
  layerFlops,
  summarisationLayers,
} from "./layers.ts";
import type { Machine, PimAccelerator } from "./machine.ts";
import { PIM_CONTEXT_COST, pimScoreCost, pimSoftmaxCost } from "./pim_attention.ts";
import { overlap } from "./pipelining.ts";
import { rooflineCost } from "./roofline.ts";
import type { SystemSpec } from "./spec.ts";

/** A layer with its cost; `flops` are those of one GPU's share. */
export interface CostedLayer extends LayerCost {
  readonly layer: Layer;
  readonly flops: number;
}

/** What the memory counted for a step, and how many columns a MAC command of it reads. */
export interface StepAttention {
  readonly result: MemoryResult;
  readonly columnsPerMac: number;
}

/** Costs the layers of an experiment's blocks. */
export class BlockCosts {
  readonly #spec: SystemSpec;
  readonly #machine: Machine;
  readonly #block: BlockShape;
  /** The layers of a step before and after attention, which are the same in every step. */
  readonly #before: readonly CostedLayer[];
  readonly #after: readonly CostedLayer[];

  constructor(spec: SystemSpec, machine: Machine, block: BlockShape) {
    this.#spec = spec;
    this.#machine = machine;
    this.#block = block;
    const layers = generationLayers(block, spec.lin);
    const score = layers.findIndex(({ name }) => name === "score");
    const context = layers.findIndex(({ name }) => name === "context");
    this.#before = layers.slice(0, score).map((layer) => this.#fixed(layer));
    this.#after = layers.slice(context + 1).map((layer) => this.#fixed(layer));
  }

  /** The layers that read the prompt, all of them on the GPUs. */
  summarisation(): CostedLayer[] {
    return summarisationLayers(this.#block, this.#spec.lin).map((layer) =>
      costed(layer, layer.kind === "transfer" ? this.#transfer(layer) : this.#onGpu(layer))
    );
  }

  /**
   * The layers of one decode step.
   *
   * @param attention what the memory counted; of PIM systems only
   */
  step(contextTokens: number, attention?: StepAttention): CostedLayer[] {
    const changing = attentionLayers(this.#block, contextTokens)
      .map((layer) => costed(layer, this.#attention(layer, attention)));
    const layers = [...this.#before, ...changing, ...this.#after];
    return attention ? this.#overlapped(layers) : layers;
  }

  #fixed(layer: Layer): CostedLayer {
    const { accelerator } = this.#machine;
    if (layer.kind === "transfer") return costed(layer, this.#transfer(layer));
    const cost = this.#onGpu(layer);
    const isShared = accelerator.kind === "pim" && this.#spec.ffopt && layer.name.startsWith("ff");
    if (!isShared) return costed(layer, cost);
    const share = feedForwardShare(cost.bound, this.#sharingRates(accelerator));
    return costed(layer, { ...cost, seconds: cost.seconds * share });
  }

  #onGpu(layer: Layer): LayerCost {
    const divisor = this.#spec.switches["gpu-time-divisor"];
    return layer.kind === "all-reduce"
      ? allReduceCost(layer, this.#machine.gpus, divisor)
      : rooflineCost(layer, this.#machine.gpus, divisor);
  }

  #transfer(layer: Layer): LayerCost {
    const { accelerator } = this.#machine;
    return accelerator.kind === "pim"
      ? pimTransferCost(layer)
      : cpuTransferCost(layer, accelerator);
  }

  #attention(layer: Layer, attention: StepAttention | undefined): LayerCost {
    const { accelerator } = this.#machine;
    if (accelerator.kind !== "pim") {
      return rooflineCost(layer, accelerator, this.#spec.switches["gpu-time-divisor"]);
    }
    if (layer.name === "softmax") return pimSoftmaxCost(layer);
    return layer.name === "score" && attention
      ? pimScoreCost(layer, attention.result, accelerator.pim, attention.columnsPerMac)
      : PIM_CONTEXT_COST;
  }

  #sharingRates({ memoryBytesPerSecond }: PimAccelerator) {
    const { gpus } = this.#machine;
    return {
      gpuFlopsPerSecond: gpus.flopsPerSecond,
      gpuBytesPerSecond: gpus.memoryBytesPerSecond,
      pimBytesPerSecond: memoryBytesPerSecond,
      elementBytes: this.#block.elementBytes,
      batch: this.#block.batch,
    };
  }

  #overlapped(layers: CostedLayer[]): CostedLayer[] {
    const times = { qkv: 0, proj: 0, transfer: 0, score: 0, softmax: 0, context: 0 };
    for (const { layer, seconds } of layers) {
      if (layer.name in times) times[layer.name as keyof typeof times] += seconds;
    }
    const headShare = 1 / (models[this.#spec.model].heads / this.#machine.gpus.devices);
    const attention = times.score + times.context + times.softmax;
    const left = overlap(times, attention, headShare, this.#spec.pipeopt);
    const after: Partial<Record<Layer["name"], number>> = {
      qkv: left.qkv,
      proj: left.proj,
      // There and back.
      transfer: left.transfer / 2,
      // Part of the program.
      softmax: 0,
    };
    return layers.map((costed) => {
      const seconds = after[costed.layer.name];
      return seconds === undefined ? costed : { ...costed, seconds };
    });
  }
}

const costed = (layer: Layer, { seconds, bound, energy }: LayerCost): CostedLayer => ({
  layer,
  flops: layerFlops(layer),
  seconds,
  bound,
  energy,
});

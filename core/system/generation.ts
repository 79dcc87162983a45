/**
 * One transformer block's layers with what each costs.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import { attAcc } from "../hardware/pim.ts";
import { allReduceCost, cpuTransferCost, pimTransferCost } from "./communication.ts";
import type { LayerCost } from "./cost.ts";
import { feedForwardShare } from "./feed_forward_sharing.ts";
import {
  attentionLayers,
  type BlockShape,
  type Charge,
  generationLayers,
  type Layer,
  layerFlops,
  summarisationLayers,
} from "./layers.ts";
import type { Machine, PimAccelerator } from "./machine.ts";
import {
  PIM_CONTEXT_COST,
  type PimAttention,
  pimScoreCost,
  pimSoftmaxCost,
} from "./pim_attention.ts";
import { overlap } from "./pipelining.ts";
import { headsOfStack } from "./programs.ts";
import { rooflineCost } from "./roofline.ts";
import type { SystemSpec } from "./spec.ts";

/** A layer with its cost; `flops` are those of one GPU's share. */
export interface CostedLayer extends LayerCost {
  readonly layer: Layer;
  readonly flops: number;
}

/** What the memory counted for a step. */
export interface StepAttention extends PimAttention {
  /** Tokens that were read. */
  readonly keptTokens: number;
}

/** Work beside AttAcc's layers, by name. */
export type Charges = Readonly<Partial<Record<Charge, LayerCost>>>;

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

  /**
   * The layers that read the prompt, all of them on the GPUs.
   *
   * @param charges what is done with the prompt besides
   */
  summarisation(charges: Charges = {}): CostedLayer[] {
    const layers = summarisationLayers(this.#block, this.#spec.lin).map((layer) =>
      costed(layer, layer.kind === "transfer" ? this.#transfer(layer) : this.#onGpu(layer))
    );
    return [...layers, ...costedCharges(charges)];
  }

  /**
   * The layers of one decode step.
   *
   * @param attention what the memory counted; of PIM systems only
   * @param charges what the step does besides
   */
  step(contextTokens: number, attention?: StepAttention, charges: Charges = {}): CostedLayer[] {
    const changing = attention
      ? this.#inMemory(contextTokens, attention)
      : attentionLayers(this.#block, contextTokens)
        .map((layer) => costed(layer, this.#onAccelerator(layer)));
    const layers = [
      ...this.#before,
      ...costedCharges(charges),
      ...changing,
      ...this.#after,
    ];
    return attention ? this.#overlapped(layers) : layers;
  }

  /**
   * Attention in memory: the program's time and energy on the score layer.
   *
   * Of `L` tokens of which `K` are read, score and context are K x headDim multiply-adds a query
   * each, and the softmax has K elements. AttAcc has L instead of K, and no arithmetic for the
   * context layer (switches `attention-arithmetic`, `softmax-tokens`).
   */
  #inMemory(contextTokens: number, attention: StepAttention): CostedLayer[] {
    const { switches } = this.#spec;
    const kept = attentionLayers(this.#block, attention.keptTokens);
    const dense = attentionLayers(this.#block, contextTokens);
    const [score, , context] = switches["attention-arithmetic"] === "kept" ? kept : dense;
    const softmax = switches["softmax-tokens"] === "kept" ? kept[1]! : dense[1]!;
    const charged = layerFlops(score!) +
      (switches["attention-arithmetic"] === "kept" ? layerFlops(context!) : 0);
    return [
      costed(score!, pimScoreCost(charged, attention, switches)),
      costed(softmax, pimSoftmaxCost(softmax)),
      costed(context!, PIM_CONTEXT_COST),
    ];
  }

  #onAccelerator(layer: Layer): LayerCost {
    const { accelerator } = this.#machine;
    if (accelerator.kind === "pim") throw new TypeError("Expected what the memory counted");
    return rooflineCost(layer, accelerator, this.#spec.switches["gpu-time-divisor"]);
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
    const { accelerator, gpus } = this.#machine;
    if (accelerator.kind !== "pim") return cpuTransferCost(layer, accelerator);
    return this.#spec.switches["pim-link"] === "nvlink3"
      ? pimTransferCost(layer)
      : pimTransferCost(layer, gpus.linkBytesPerSecond);
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
    const { switches, pipeopt } = this.#spec;
    const isBounded = switches["hidden-time"] === "bounded";
    const times = { qkv: 0, proj: 0, transfer: 0, attention: 0, softmax: 0 };
    for (const { layer: { name, kind }, seconds } of layers) {
      if (kind === "matmul") times.attention += seconds;
      else if (name in times) times[name as keyof typeof times] += seconds;
    }
    // Without the switch the softmax is part of the program's cycles.
    const softmax = switches["softmax-time"] === "exposed" ? this.#exposed(times.softmax) : 0;
    const attention = times.attention + (isBounded ? softmax : times.softmax);
    const left = overlap(times, attention, {
      headShare: this.#headShare(),
      withProjections: pipeopt,
      inProportion: isBounded,
    });
    const after: Partial<Record<Layer["name"], number>> = {
      qkv: left.qkv,
      proj: left.proj,
      // There and back.
      transfer: left.transfer / 2,
      softmax,
    };
    return layers.map((costed) => {
      const seconds = after[costed.layer.name];
      return seconds === undefined ? costed : { ...costed, seconds };
    });
  }

  /** One head's share of a GPU's, or that of a group of heads whose queries wait for each other. */
  #headShare(): number {
    const { heads } = models[this.#spec.model];
    return this.#block.queriesARead / (heads / this.#machine.gpus.devices);
  }

  /**
   * Softmax time that no MACs run beside. Of two iterations of 16 heads in a pair each has its
   * softmax while the other's scores or values are read; the heads of a last, unpaired iteration
   * wait for theirs.
   */
  #exposed(seconds: number): number {
    const heads = headsOfStack(this.#block);
    const unpaired = heads % (2 * attAcc.channels);
    return unpaired > 0 && unpaired <= attAcc.channels ? seconds * unpaired / heads : 0;
  }
}

/** A charge has no sizes: it comes with its cost. */
const CHARGE_LAYER = { kind: "matmul", m: 0, n: 0, k: 0, operations: 0, elementBytes: 2 } as const;

function costedCharges(charges: Charges): CostedLayer[] {
  return Object.entries(charges).map(([name, cost]) =>
    costed({ ...CHARGE_LAYER, name: name as Charge }, cost)
  );
}

const costed = (layer: Layer, { seconds, bound, energy }: LayerCost): CostedLayer => ({
  layer,
  flops: layerFlops(layer),
  seconds,
  bound,
  energy,
});

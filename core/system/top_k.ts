/**
 * Choosing the largest scores: what lies between a policy's scores and the reads they lead to.
 *
 * Every query's scores are gone through three times, as a radix selection of 16-bit numbers does:
 * twice to count digits of eight bits, which finds the smallest score that is kept, and once to
 * gather the indices above it. Nothing hides it: attention cannot begin before it knows its rows.
 *
 * On the buffer die the scores lie where the softmax unit finds them, and it goes through them as
 * fast as through a softmax's. On the GPU they first cross the link, at the roofline of a kernel
 * that is bound by memory, and the indices, four bytes each, cross it back.
 *
 * @module
 */
import { pimTransferCost } from "./communication.ts";
import { type LayerCost, NO_ENERGY } from "./cost.ts";
import { attentionOperations, type BlockShape, type Layer } from "./layers.ts";
import type { Machine } from "./machine.ts";
import { pimSoftmaxCost } from "./pim_attention.ts";
import { rooflineCost } from "./roofline.ts";
import type { Switches } from "./switches.ts";

const INDEX_BYTES = 4;

/** What one query chooses from, and how much of it. */
export interface Choice {
  readonly scores: number;
  readonly chosen: number;
}

/**
 * Cost of a step's choices in one layer; nothing where they are free.
 *
 * @param switches `top-k` says where
 *
 * @example
 * ```ts
 * import { topKCost } from "./top_k.ts";
 * import { machineOf } from "./machine.ts";
 * import { parseSystemSpec } from "./spec.ts";
 * import { ok } from "node:assert/strict";
 *
 * const spec = parseSystemSpec({ system: "dgx-attacc", gpu: "H100", profile: "corrected" });
 * const block = {
 *   model: "LLAMA-7B",
 *   feedForward: "swiglu",
 *   gpus: 8,
 *   keyValueHeads: 4,
 *   queriesARead: 1,
 *   elementBytes: 2,
 *   batch: 16,
 *   remoteAttention: true,
 * } as const;
 * const choice = { scores: 32000, chosen: 1024 };
 * const at = (place: "buffer-die" | "gpu") =>
 *   topKCost(choice, block, machineOf(spec), { ...spec.switches, "top-k": place })!.seconds;
 * // 64 queries of 32,000 scores: 12 MB in the die at 3.35 TB/s; 4 MB over the link take longer.
 * ok(Math.abs(at("buffer-die") * 1e6 - 3.67) < 0.01);
 * ok(at("gpu") > 3 * at("buffer-die"));
 * ```
 */
export function topKCost(
  { scores, chosen }: Choice,
  block: BlockShape,
  { gpus }: Machine,
  switches: Pick<Switches, "top-k" | "pim-link" | "gpu-time-divisor">,
): LayerCost | undefined {
  if (switches["top-k"] === "free") return undefined;
  const { elementBytes } = block;
  const queries = attentionOperations(block);
  const shape = { m: 1, k: 1, operations: queries } as const;
  const choose: Layer = { ...shape, name: "choose", kind: "softmax", n: scores, elementBytes };
  if (switches["top-k"] === "buffer-die") return pimSoftmaxCost(choose);
  const link = switches["pim-link"] === "of-the-gpu" ? gpus.linkBytesPerSecond : undefined;
  const transfer = { ...shape, name: "transfer", kind: "transfer" } as const;
  return sum([
    pimTransferCost({ ...transfer, n: scores, elementBytes }, link),
    rooflineCost(choose, gpus, switches["gpu-time-divisor"]),
    pimTransferCost({ ...transfer, n: chosen, elementBytes: INDEX_BYTES }, link),
  ]);
}

/** One after the other. */
function sum(costs: readonly LayerCost[]): LayerCost {
  return costs.reduce((all, { seconds, energy }) => ({
    seconds: all.seconds + seconds,
    bound: "memory",
    energy: {
      dram: all.energy.dram + energy.dram,
      l2: all.energy.l2 + energy.l2,
      l1: all.energy.l1 + energy.l1,
      register: all.energy.register + energy.register,
      alu: all.energy.alu + energy.alu,
      link: all.energy.link + energy.link,
    },
  }), { seconds: 0, bound: "memory", energy: NO_ENERGY } as LayerCost);
}

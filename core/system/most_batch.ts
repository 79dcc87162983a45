import { attAcc } from "../hardware/pim.ts";
import { MOST_HEADS } from "../memory/check_program.ts";
import { readOperations, storedHeads } from "./layers.ts";
import type { SystemSpec } from "./spec.ts";

/**
 * The most requests whose heads the stacks of a GPU's accelerator take.
 *
 * @example
 * ```ts
 * import { mostBatch } from "./most_batch.ts";
 * import { parseSystemSpec } from "./spec.ts";
 * import { equal } from "node:assert/strict";
 *
 * // 4096 heads in each of 5 stacks, 4 of a request.
 * equal(mostBatch(parseSystemSpec({ model: "Mistral-7B", ngpu: 8 })), 5120);
 * ```
 */
export function mostBatch(
  { model, ngpu, switches }: Pick<SystemSpec, "model" | "ngpu" | "switches">,
): number {
  const ofOne = { model, gpus: ngpu, batch: 1, ...storedHeads(model, ngpu, switches) };
  return Math.floor(MOST_HEADS * attAcc.stacks / readOperations(ofOne));
}

import type { ModelName } from "../hardware/models.ts";
import { attAcc } from "../hardware/pim.ts";
import { MOST_HEADS } from "../memory/check_program.ts";
import { readOperations, storedHeads } from "./layers.ts";
import type { Switches } from "./switches.ts";

/** What decides how many heads a stack holds. */
interface Machine {
  readonly model: ModelName;
  /** GPUs, each with stacks of its own. */
  readonly ngpu: number;
  readonly switches: Switches;
}

/**
 * The most requests whose heads the stacks of a GPU's accelerator take.
 *
 * @example
 * ```ts
 * import { mostBatch } from "./most_batch.ts";
 * import { resolveSwitches } from "./switches.ts";
 * import { equal } from "node:assert/strict";
 *
 * // 4096 heads in each of 5 stacks, 4 of a request.
 * const switches = resolveSwitches("artifact");
 * equal(mostBatch({ model: "Mistral-7B", ngpu: 8, switches }), 5120);
 * ```
 */
export function mostBatch({ model, ngpu, switches }: Machine): number {
  const ofOne = { model, gpus: ngpu, batch: 1, ...storedHeads(model, ngpu, switches) };
  return Math.floor(MOST_HEADS * attAcc.stacks / readOperations(ofOne));
}

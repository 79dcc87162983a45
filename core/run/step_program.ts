import type { AttentionProgram, MemoryModel } from "../memory/memory_model.ts";
import { budgetOfStep } from "../system/budgets.ts";
import { decodeSteps } from "../system/programs.ts";
import { simulateSystem } from "../system/simulate.ts";
import { parseSystemSpec } from "../system/spec.ts";
import type { Inputs } from "./kinds/kind.ts";
import { type SimulateSpec, systemSpecOf } from "./kinds/simulate.ts";

/**
 * The program that a decode step of a run has the memory do, if it does it there.
 *
 * @param step counted from 0
 */
export async function programOfStep(
  run: SimulateSpec,
  inputs: Inputs,
  step: number,
): Promise<AttentionProgram | undefined> {
  const spec = systemSpecOf(run, inputs);
  const last = decodeSteps(spec) - 1;
  if (step > last || spec.system !== "dgx-attacc") return undefined;
  const { kvBudgets, ...sparsity } = spec.sparsity ?? {};
  const alone = parseSystemSpec({
    ...spec,
    lin: spec.lin + step,
    lout: 2,
    clustering: step === last ? spec.clustering : "none",
    sparsity: kvBudgets
      ? { ...sparsity, kvBudgets: [budgetOfStep(kvBudgets, step)] }
      : spec.sparsity,
  });
  const asked: AttentionProgram[] = [];
  await simulateSystem(alone, listener(asked));
  return asked[0];
}

/** A memory that does nothing but remember what it was asked for. */
function listener(asked: AttentionProgram[]): MemoryModel {
  return {
    name: "listener",
    digest: "",
    cycleNs: 1,
    keyOf: (program) => JSON.stringify(program),
    simulate(programs) {
      asked.push(...programs);
      const nothing = { cycles: 0, mac: 0, softmax: 0, mvgb: 0, mvsb: 0, wrgb: 0 };
      return Promise.resolve(programs.map(() => nothing));
    },
  };
}

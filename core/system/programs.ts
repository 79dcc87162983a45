/**
 * Which attention program each decode step runs in the memory.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import { attAcc } from "../hardware/pim.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";
import { budgetOfStep } from "./budgets.ts";
import { keptTokens, keptTokensOfRatio } from "./kept_tokens.ts";
import { attentionOperations, type BlockShape, layerHeadDim } from "./layers.ts";
import type { PimAccelerator } from "./machine.ts";
import type { SystemSpec } from "./spec.ts";
import type { Switches } from "./switches.ts";

/** Budget of STARC's generator where none is passed to it. */
const GENERATOR_BUDGET_TOKENS = 1024;
/** Heads a stack serves at a time, one a channel. */
const HEADS_AT_A_TIME = 16;

/** Decode steps of a run: the prompt's own pass makes the first token. */
export function decodeSteps({ lout }: Pick<SystemSpec, "lout">): number {
  return lout - 1;
}

/** Tokens in the KV cache at a step, counted from 0. */
export function contextOfStep({ lin }: Pick<SystemSpec, "lin">, step: number): number {
  return lin + 1 + step;
}

/** Tokens that a step reads: all of them without sparsity. */
export function keptTokensOfStep(
  spec: Pick<SystemSpec, "lin" | "sparsity" | "switches">,
  step: number,
): number {
  const contextTokens = contextOfStep(spec, step);
  if (spec.sparsity === null) return contextTokens;
  const { kvBudget, kvBudgets, ratio, rowSize } = spec.sparsity;
  if (ratio !== undefined && spec.switches["ratio-mode"] === "reachable") {
    return keptTokensOfRatio(contextTokens, ratio, rowSize);
  }
  const budget = kvBudgets ? budgetOfStep(kvBudgets, step) : kvBudget ?? GENERATOR_BUDGET_TOKENS;
  return keptTokens(contextTokens, budget, rowSize);
}

/** Heads of one stack, the group's divided among its accelerator's stacks and rounded up. */
export function headsOfStack(block: BlockShape): number {
  return Math.ceil(attentionOperations(block) / attAcc.stacks);
}

/** The programs of all decode steps, in order. */
export function stepPrograms(
  spec: SystemSpec,
  block: BlockShape,
  { pim, power }: PimAccelerator,
): AttentionProgram[] {
  const { sparsity, switches } = spec;
  const model = models[spec.model];
  const steps = decodeSteps(spec);
  const clustered = sparsity !== null && spec.clustering === "last-step" ? steps - 1 : undefined;
  const common = {
    pim,
    power,
    heads: headsOfStack(block),
    headDim: switches["pim-head-dim"] === "layers" ? layerHeadDim(model) : model.headDim,
    elementBytes: block.elementBytes,
    partitionTokens: switches["partition-tokens"],
    rowTokens: sparsity?.rowSize ?? 16,
    oddTail: switches["odd-tail"],
    secondContext: switches["second-context"],
    partnerTraffic: switches["partner-traffic"],
  };
  return Array.from({ length: steps }, (_, step) => ({
    ...common,
    contextTokens: contextOfStep(spec, step),
    keptTokens: keptTokensOfStep(spec, step),
    clustering: step === clustered,
  }));
}

/** Whether a switch has a program counted as zero, as the artifact does where it fails to run one. */
export function countsAsZero(program: AttentionProgram, switches: Switches): boolean {
  const isPairClustering = program.clustering && program.heads > HEADS_AT_A_TIME;
  return isPairClustering && switches["pair-clustering"] === "zero" ||
    program.pim !== "bank" && switches["bg-buffer-programs"] === "zero";
}

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
import { type BlockShape, layerHeadDim, readOperations } from "./layers.ts";
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

/**
 * Heads the fullest stack reads, the group's divided among its accelerator's stacks.
 *
 * Where each query of a group reads its shared head by itself there are as many reads as queries.
 * They fill the channels as before: a head's tokens are spread over as many channels as its group
 * has queries, and in each channel every query reads its part, one after the other. A channel reads
 * as much as if it had one query and all tokens.
 */
export function headsOfStack(block: BlockShape): number {
  return Math.ceil(readOperations(block) / attAcc.stacks);
}

/**
 * What a stack spends on average over what the fullest spends: its share of the reads over the
 * fullest's, with the switch `stack-energy`.
 *
 * @example
 * ```ts
 * import { stackShare } from "./programs.ts";
 * import { equal } from "node:assert/strict";
 *
 * const block = {
 *   model: "Mistral-7B",
 *   feedForward: "swiglu",
 *   gpus: 8,
 *   keyValueHeads: 4,
 *   queriesARead: 1,
 *   elementBytes: 2,
 *   batch: 16,
 *   remoteAttention: true,
 * } as const;
 * equal(stackShare(block, { "stack-energy": "fullest" }), 1);
 * equal(stackShare(block, { "stack-energy": "mean" }), 64 / 65);
 * ```
 */
export function stackShare(block: BlockShape, switches: Pick<Switches, "stack-energy">): number {
  if (switches["stack-energy"] === "fullest") return 1;
  return readOperations(block) / (headsOfStack(block) * attAcc.stacks);
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
    ...(block.queriesARead > 1 && { queries: Math.ceil(block.queriesARead) }),
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

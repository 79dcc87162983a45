import { unwrap } from "../host/mod.ts";
import type {
  Cost,
  PimLevel,
  PowerBudget,
  Program,
  ProgramField,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import type { TestedMemory } from "./memory_expectations.ts";
import { blockLists, plainProgram } from "./memory_programs.ts";

/** A layer whose decode step memory models are compared at. */
interface MemoryLayer {
  /** Heads with keys and values of their own, on one stack. */
  readonly kvHeads: number;
  /** A multiple of the KV heads. */
  readonly queryHeads: number;
  readonly headDim: number;
  /** Tokens in the cache. */
  readonly context: number;
  /** Tokens that are read where not all are. */
  readonly budget: number;
  readonly power: PowerBudget;
}

/** What a standard program costs with a memory model. */
export interface MemoryMeasurement {
  /** What is read, in words. */
  readonly program: string;
  readonly level: PimLevel;
  /** The cost, or the field for whose sake the program was declined. */
  readonly cost: Cost | ProgramField;
  /** Milliseconds of a call with this program alone, the host's work included; the median of some. */
  readonly hostMs: number;
}

const REPEATS = 3;

/**
 * Asks a memory for the standard programs of a layer, at each level it computes at.
 *
 * @throws {PluginFailure} if it traps, or declines a program for anything but a field
 */
export async function measureMemory(
  tested: TestedMemory,
  layer: MemoryLayer,
): Promise<MemoryMeasurement[]> {
  const measured: MemoryMeasurement[] = [];
  for (const { level, blockTokens } of tested.description.levels) {
    for (const [name, program] of standardPrograms(layer, level, blockTokens)) {
      measured.push({ program: name, level, ...await measure(tested, program) });
    }
  }
  return measured;
}

/** Programs by what they read: all tokens, the first ones, as many here and there, for many queries. */
function standardPrograms(
  { kvHeads, queryHeads, headDim, context, budget, power }: MemoryLayer,
  level: PimLevel,
  blockTokens: number,
): [name: string, program: Program][] {
  const kept = Math.min(budget, context);
  const whole: Program = {
    ...plainProgram(level, power),
    heads: kvHeads,
    headDim,
    contextTokens: context,
    keptTokens: context,
    partitionTokens: Math.max(4096, context),
  };
  const first = { ...whole, keptTokens: kept };
  const blocks = spreadBlocks(Math.ceil(context / blockTokens), Math.ceil(kept / blockTokens));
  const lists = blockLists(Array.from({ length: kvHeads }, () => blocks));
  const queries = queryHeads / kvHeads;
  return [
    [`all ${context}`, whole],
    [`the first ${kept}`, first],
    [`${kept} here and there`, { ...first, blocks: lists }],
    ...queries === 1 ? [] : [
      [`the first ${kept}, ${queries} queries a head`, { ...first, queries }] as [string, Program],
    ],
  ];
}

/** Blocks as evenly apart as can be, ascending. */
function spreadBlocks(stored: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(i * stored / count));
}

async function measure(
  { memory }: TestedMemory,
  program: Program,
): Promise<Pick<MemoryMeasurement, "cost" | "hostMs">> {
  const times: number[] = [];
  let cost: Cost | ProgramField | undefined;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    const outcome = await memory.simulate([program]);
    times.push(performance.now() - start);
    cost = outcome.kind === "declined" && outcome.error.tag === "unsupported"
      ? outcome.error.value.field
      : unwrap(outcome)[0]!;
  }
  return { cost: cost!, hostMs: times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)]! };
}

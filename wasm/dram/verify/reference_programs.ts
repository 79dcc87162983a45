/**
 * Test-only: the command programs of one attention step as the published trace generators emit
 * them (`gen_trace_attacc_{bank,bg,buffer}.py`), written a second time as plain arrays.
 *
 * @module
 */

import type { Operation, TraceRequest } from "./hbm3_pim_rules.ts";

const CHANNEL = 2 ** 30;
const RANK = 2 ** 28;
const BANKGROUP = 2 ** 26;
const BANK = 2 ** 24;
const ROW = 2 ** 10;
const COLUMN = 2 ** 5;
/** From a head's K to its V, and from its V to what clustering writes. */
const HALF = 2 ** 23;
const HEADS_PER_ITERATION = 16;

/** What to emit. */
export interface ProgramOptions {
  readonly pim: "bank" | "bankgroup" | "buffer";
  readonly heads: number;
  readonly headDim: number;
  readonly elementBytes: number;
  readonly contextTokens: number;
  /** Tokens read; `contextTokens` for full attention. */
  readonly keptTokens: number;
  /** AttAcc 4096, STARC 409600. */
  readonly partitionTokens: number;
  readonly clustering: boolean;
}

/** The command lists of one iteration of up to 16 heads. */
interface Iteration {
  readonly channels: number;
  readonly writeQuery: TraceRequest[];
  readonly score: TraceRequest[][];
  readonly scoreMoves: TraceRequest[][];
  readonly softmax: TraceRequest[];
  readonly moveScores: TraceRequest[];
  readonly context: TraceRequest[][];
  readonly contextMoves: TraceRequest[][];
}

const MAC_OPERATIONS: Record<ProgramOptions["pim"], Operation> = {
  bank: "PIM_MAC_AB",
  bankgroup: "PIM_MAC_SB",
  buffer: "PIM_MAC_PB",
};

/** Emits the program of one attention step. */
export function referenceProgram(options: ProgramOptions): TraceRequest[] {
  const count = Math.ceil(options.heads / HEADS_PER_ITERATION);
  const iterations = range(count).map((index) => iterationOf(options, index));
  const out: TraceRequest[] = [];
  for (let index = 0; index + 1 < count; index += 2) {
    emitPair(out, options, iterations[index]!, iterations[index + 1]!, index === 0);
  }
  if (count % 2 === 1) {
    if (options.clustering) emitClustering(out, options, count - 1);
    emitLast(out, iterations[count - 1]!);
  }
  return out;
}

/** Elements a 32-byte column holds, tokens a MAC step covers, columns of one token. */
function shapeOf({ pim, elementBytes, headDim }: ProgramOptions) {
  const lanes = COLUMN / elementBytes;
  return {
    lanes,
    parallel: pim === "buffer" ? 2 : 16,
    columns: Math.ceil(headDim / (pim === "bank" ? 4 : 1) / lanes),
  };
}

function placeOf(options: ProgramOptions, index: number) {
  const { heads, partitionTokens, headDim } = options;
  const key = index * Math.ceil(partitionTokens * headDim / 64);
  const last = HEADS_PER_ITERATION * (index + 1) > heads;
  const channels = last ? heads % HEADS_PER_ITERATION : HEADS_PER_ITERATION;
  return { key, value: key + HALF, channels };
}

function iterationOf(options: ProgramOptions, index: number): Iteration {
  const { pim, keptTokens } = options;
  const { lanes, parallel, columns } = shapeOf(options);
  const { key, value, channels } = placeOf(options, index);
  const emit = (op: Operation, address: number) => onChannels(op, address, channels);
  const mac = (address: number) => emit(MAC_OPERATIONS[pim], address);
  const steps = Math.ceil(keptTokens / parallel);
  const passes = columns;
  const buffered = Math.ceil(keptTokens / (parallel * lanes));
  const groups = pim === "buffer" ? [0] : pairs(4, BANKGROUP, 2, RANK);
  const ranksFirst = pim === "buffer" ? [0] : pairs(2, RANK, 4, BANKGROUP);
  const contextBanks = pim === "bank"
    ? pairs(4, BANK, 2, RANK)
    : pim === "bankgroup"
    ? [0, RANK]
    : [0];
  return {
    channels,
    writeQuery: range(pim === "bank" ? 4 : 1).flatMap((bank) =>
      range(columns).flatMap((c) => emit("PIM_WR_GB", key + bank * BANK + c))
    ),
    score: range(steps).map((x) =>
      range(columns).flatMap((k) => mac(key + columnOffset(pim, x * columns + k)))
    ),
    scoreMoves: range(Math.ceil(steps / 16)).map(() =>
      groups.flatMap((offset) => emit("PIM_MV_SB", key + offset))
    ),
    softmax: emit("PIM_SFM", 0),
    moveScores: ranksFirst.flatMap((offset) =>
      range(buffered).flatMap((c) => emit("PIM_MV_GB", value + offset + c))
    ),
    context: range(passes).map((j) =>
      range(steps).flatMap((k) => mac(value + columnOffset(pim, j * steps + k)))
    ),
    contextMoves: range(passes).map(() =>
      contextBanks.flatMap((offset) => emit("PIM_MV_SB", value + offset))
    ),
  };
}

/** Where the x-th column of a region lies. */
function columnOffset(pim: ProgramOptions["pim"], x: number): number {
  if (pim === "bank") return x * COLUMN;
  if (pim === "bankgroup") {
    const y = Math.floor(x / 32);
    return (y % 4) * BANK + Math.floor(y / 4) * ROW + (x % 32) * COLUMN;
  }
  const y = Math.floor(x / 8);
  const z = Math.floor(y / 4);
  return (x % 8) * BANKGROUP + (y % 4) * BANK + Math.floor(z / 32) * ROW + (z % 32) * COLUMN;
}

function emitPair(
  out: TraceRequest[],
  options: ProgramOptions,
  a: Iteration,
  b: Iteration,
  isFirst: boolean,
): void {
  const { lanes, parallel, columns } = shapeOf(options);
  const { pim, contextTokens } = options;
  const steps = a.scoreMoves.length;
  const half = Math.floor(steps / 2);
  const writes = (pim === "bank" ? 4 : 1) * columns * b.channels;
  // Sized by the whole context even when less of it is read.
  const moves = (pim === "buffer" ? 1 : 8) * Math.ceil(contextTokens / (parallel * lanes));
  const contextHalf = Math.floor(columns / 2);

  out.push(...a.writeQuery);
  if (isFirst) out.push(...a.score[0]!.slice(0, a.channels));
  barrier(out);
  phase(out, steps, scoreStep(a), (j) => a.scoreMoves[j]!, {
    middle: (j) => chunk(b.writeQuery, j, Math.floor(writes / steps)),
  });
  const scoreStride = Math.floor(moves * a.channels / Math.ceil(steps / 2));
  phase(out, steps, scoreStep(b), (j) => b.scoreMoves[j]!, {
    first: a.softmax,
    middle: (j) => j < half ? [] : chunk(a.moveScores, j - half, scoreStride),
  });
  const contextStride = Math.floor(moves * b.channels / Math.ceil(columns / 2));
  phase(out, columns, (j) => a.context[j]!, (j) => a.contextMoves[j]!, {
    first: b.softmax,
    middle: (j) => j < contextHalf ? [] : chunk(b.moveScores, j - contextHalf, contextStride),
  });
  // The published generators repeat the first iteration's context for the second.
  phase(out, columns, (j) => a.context[j]!, (j) => a.contextMoves[j]!);
}

function emitLast(out: TraceRequest[], z: Iteration): void {
  out.push(...z.writeQuery);
  barrier(out);
  phase(out, z.scoreMoves.length, scoreStep(z), (j) => z.scoreMoves[j]!);
  out.push(...z.softmax, ...z.moveScores);
  barrier(out);
  phase(out, z.context.length, (j) => z.context[j]!, (j) => z.contextMoves[j]!);
}

/** The clustering prefix of an unpaired last iteration, 16 rounds of clusters 64 tokens wide. */
function emitClustering(out: TraceRequest[], options: ProgramOptions, index: number): void {
  const { contextTokens } = options;
  const { lanes, columns } = shapeOf(options);
  const { value, channels } = placeOf(options, index);
  const base = value + HALF;
  const emit = (op: Operation, address: number) => onChannels(op, address, channels);
  const macs = (x: number) =>
    range(columns).flatMap((k) => emit("PIM_MAC_AB", base + (x * columns + k) * COLUMN));
  const moveNorms = () =>
    pairs(4, BANKGROUP, 2, RANK).flatMap((offset) => emit("PIM_MV_SB", base + offset));
  const moveIn = pairs(2, RANK, 4, BANKGROUP).flatMap((offset) =>
    range(Math.ceil(contextTokens / (16 * lanes)))
      .flatMap((c) => emit("PIM_MV_GB", base + offset + c))
  );
  const cells = (rows: number) =>
    range(rows).flatMap((row) =>
      range(4).flatMap((bank) => range(columns).map((c) => row * ROW + bank * BANK + c))
    );
  const tokenSteps = Math.ceil(contextTokens / 16);
  const similarities = Math.ceil(contextTokens * contextTokens / 64 / 16);

  out.push(...moveIn);
  barrier(out);
  const norms = Math.ceil(contextTokens / 2 / 2 / 4 / 16);
  phase(
    out,
    norms,
    // Two passes over the tokens, of which only the first part is ever emitted.
    (j) =>
      range(16).map((i) => 16 * j + i).filter((x) => x < 2 * tokenSteps)
        .flatMap((x) => macs(x % tokenSteps)),
    moveNorms,
  );
  const centroids = cells(Math.ceil(Math.ceil(contextTokens / 64) / 16));
  for (let round = 0; round < 16; round++) {
    out.push(...moveIn);
    for (const cell of centroids) out.push(...emit("PIM_WR_GB", base + HALF / 2 + cell));
  }
  for (let row = 0; row < tokenSteps; row++) {
    const key = value - HALF;
    for (const [from, to] of [[key, base + HALF], [value, base + 2 * HALF]] as const) {
      for (const cell of cells(1)) {
        for (let channel = 0; channel < channels; channel++) {
          const offset = row * ROW + cell + channel * CHANNEL;
          out.push({ op: "PIM_MV_GB", address: from + offset });
          out.push({ op: "PIM_WR_GB", address: to + offset });
        }
      }
    }
  }
  barrier(out);
  const groups = Math.ceil(contextTokens * contextTokens / 64 / 4 / lanes / 16);
  phase(out, groups, (j) => macs(j % similarities), moveNorms);
}

/** Step j starts work j, then collects work j - 1; a barrier ends every step but the last. */
function phase(
  out: TraceRequest[],
  steps: number,
  start: (j: number) => TraceRequest[],
  collect: (j: number) => TraceRequest[],
  extra: { first?: TraceRequest[]; middle?: (j: number) => TraceRequest[] } = {},
): void {
  for (let j = 0; j <= steps; j++) {
    if (j < steps) out.push(...start(j));
    if (j > 0) out.push(...collect(j - 1));
    if (j === 0) out.push(...extra.first ?? []);
    if (j < steps) {
      out.push(...extra.middle?.(j) ?? []);
      barrier(out);
    }
  }
}

function scoreStep({ score }: Iteration): (j: number) => TraceRequest[] {
  return (j) => score.slice(16 * j, 16 * j + 16).flat();
}

/** All 16 channels take part in a barrier, with work or without. */
function barrier(out: TraceRequest[]): void {
  out.push(...onChannels("PIM_BARRIER", 0, 16));
}

function onChannels(op: Operation, address: number, channels: number): TraceRequest[] {
  return range(channels).map((channel) => ({ op, address: address + channel * CHANNEL }));
}

function pairs(outer: number, outerStride: number, inner: number, innerStride: number): number[] {
  return range(outer).flatMap((o) => range(inner).map((i) => o * outerStride + i * innerStride));
}

function chunk<T>(items: T[], index: number, size: number): T[] {
  return items.slice(index * size, (index + 1) * size);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

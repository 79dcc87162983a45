/**
 * STARC's clustering of the whole context in one step (`--add_cluster`).
 *
 * Keys are normalised, compared with centroids in 16 rounds, centroids written back, and keys and
 * values moved to where their cluster is. Of the similarity MACs the reference makes it emits one in
 * 1024 (half precision), of the normalising passes only the first; every buffer transfer is emitted.
 *
 * Source: EPIC-RPI/STARC, simulator_starc/pim_ramulator_src/trace_gen/gen_trace_attacc_bank.py.
 */
import {
  BANK,
  BANK_GROUP,
  BANK_GROUPS,
  BANKS,
  ceilDiv,
  COLUMN,
  RANK,
  RANKS,
  ROW,
  VALUES,
} from "./address_space";
import {
  CommandSink,
  MAC_ALL_BANKS,
  MOVE_TO_GEMV_BUFFER,
  MOVE_TO_SOFTMAX,
  WRITE_GEMV_BUFFER,
} from "./command_sink";
import { BufferMoves } from "./group_list";
import { barrier } from "./passes";
import { Shape, STEPS_A_MOVE } from "./shape";

/** Tokens a cluster is made for. */
const CLUSTER_TOKENS: i64 = 64;
const ROUNDS: i32 = 16;
/** Tokens all units of a channel work on at once. */
const PARALLEL_TOKENS: i64 = 16;
const CENTROIDS: u64 = 1 << 22;

/** Clusters every iteration, before any attention. */
export function clusterIterations(shape: Shape, sink: CommandSink): void {
  const paired = shape.iterations & ~1;
  if (shape.parameters.clusterPairsAsWritten) {
    for (let i = 0; i < paired; i += 2) {
      clusterPairAsWritten(new Clustering(shape, sink, i), new Clustering(shape, sink, i + 1));
    }
  } else {
    for (let i = 0; i < paired; i++) clusterAlone(new Clustering(shape, sink, i));
  }
  if (paired < shape.iterations) clusterAlone(new Clustering(shape, sink, paired));
}

function clusterAlone(clustering: Clustering): void {
  const sink = clustering.sink;
  clustering.norms.emitAll(sink);
  barrier(sink);
  for (let j = 0; j <= clustering.moves; j++) {
    if (j < clustering.moves) clustering.normSteps(j);
    if (j > 0) clustering.moveResults();
    if (j < clustering.moves) barrier(sink);
  }
  clustering.updates.emit(sink, 0, clustering.updates.length);
  barrier(sink);
  const steps = clustering.similaritySteps(<i64> BANKS * clustering.shape.macElements);
  for (let j: i64 = 0; j <= steps; j++) {
    if (j < steps) clustering.macs(j);
    if (j > 0) clustering.moveResults();
    if (j < steps) barrier(sink);
  }
}

/**
 * What the reference writes for two overlapped iterations. In its last loop a command is appended
 * character by character, so the text is no trace and no memory runs it.
 */
function clusterPairAsWritten(a: Clustering, b: Clustering): void {
  const sink = a.sink;
  barrier(sink);
  const normStride = BANKS * a.columnsPerKey * b.channels / a.moves;
  for (let j = 0; j <= a.moves; j++) {
    if (j < a.moves) a.normSteps(j);
    if (j > 0) a.moveResults();
    if (j === a.moves) continue;
    b.norms.emit(sink, j * normStride, normStride);
    barrier(sink);
  }
  const half = a.moves / 2;
  const stride = <i64> RANKS * BANK_GROUPS * a.similarityColumns * a.channels /
    ((a.moves + 1) / 2);
  for (let j = 0; j <= a.moves; j++) {
    if (j < a.moves) b.normSteps(j);
    if (j > 0) b.moveResults();
    if (j === a.moves) continue;
    if (j >= half) a.updates.emit(sink, (j - half) * stride, stride);
    barrier(sink);
  }
  const steps = a.similaritySteps(PARALLEL_TOKENS);
  for (let j: i64 = 0; j <= steps; j++) {
    if (j < steps) a.macs(j);
    if (j > 0) a.updates.emitCharacters(sink, j - 1);
    if (j < steps) barrier(sink);
  }
}

/** The clustering of one iteration. */
class Clustering {
  readonly channels: i32;
  readonly columnsPerKey: i32;
  /** Token steps over the whole context. */
  readonly steps: i64;
  /** Moves to the softmax buffer of one pass. */
  readonly moves: i32;
  readonly norms: BufferMoves;
  readonly updates: UpdateTraffic;
  private base: u64;

  constructor(readonly shape: Shape, readonly sink: CommandSink, iteration: i32) {
    const channels = shape.channels(iteration);
    const steps = ceilDiv(shape.parameters.contextTokens, PARALLEL_TOKENS);
    const base = shape.values(iteration) + VALUES;
    this.channels = channels;
    this.columnsPerKey = shape.columnsPerKey;
    this.steps = steps;
    this.moves = <i32> ceilDiv(steps, STEPS_A_MOVE);
    this.base = base;
    this.norms = new BufferMoves(base, shape.denseResultColumns, RANKS * BANK_GROUPS, 1, channels);
    this.updates = new UpdateTraffic(shape, iteration, base);
  }

  private get similarities(): i64 {
    const context = <i64> this.shape.parameters.contextTokens;
    return context * context;
  }

  /** Similarity steps that are emitted, with `parallel` tokens at once. */
  similaritySteps(parallel: i64): i64 {
    return ceilDiv(this.similarities, CLUSTER_TOKENS * parallel * STEPS_A_MOVE);
  }

  get similarityColumns(): i64 {
    const elements = PARALLEL_TOKENS * this.shape.macElements;
    return ceilDiv(this.similarities, CLUSTER_TOKENS * elements);
  }

  /** MACs of 16 token steps; the list goes on with the dividing pass, from the first step again. */
  normSteps(move: i32): void {
    const end = min<i64>((move + 1) * STEPS_A_MOVE, 2 * this.steps);
    for (let x: i64 = move * STEPS_A_MOVE; x < end; x++) this.macs(x % this.steps);
  }

  /** MACs of one token step. */
  macs(step: i64): void {
    for (let k = 0; k < this.columnsPerKey; k++) {
      const column = <u64> (step * this.columnsPerKey + k);
      this.sink.emit(MAC_ALL_BANKS, this.base + column * COLUMN, 0, this.channels);
    }
  }

  moveResults(): void {
    for (let group = 0; group < BANK_GROUPS; group++) {
      for (let rank = 0; rank < RANKS; rank++) {
        const address = this.base + <u64> rank * RANK + <u64> group * BANK_GROUP;
        this.sink.emit(MOVE_TO_SOFTMAX, address, 0, this.channels);
      }
    }
  }
}

/**
 * Centroid updates of all rounds, then keys and values moved to their clusters: a flat list of
 * commands, each for one channel. Moving is a read and a write in turn, channel by channel.
 */
class UpdateTraffic {
  /** Commands in the list. */
  readonly length: i64;
  /** The command found last. */
  private kind: i32 = 0;
  private address: u64 = 0;
  private channel: i32 = 0;

  private channels: i32;
  private columns: i32;
  private keys: u64;
  private values: u64;
  private moves: BufferMoves;
  private roundLength: i64;
  /** Commands that move one row of keys or of values. */
  private rowLength: i64;

  constructor(shape: Shape, iteration: i32, private base: u64) {
    const p = shape.parameters;
    const channels = shape.channels(iteration);
    const columns = shape.columnsPerKey;
    const moves = new BufferMoves(base, shape.denseResultColumns, RANKS * BANK_GROUPS, 1, channels);
    const centroids = ceilDiv(p.contextTokens, CLUSTER_TOKENS);
    const vector = <i64> BANKS * columns * channels;
    const roundLength = moves.length + ceilDiv(centroids, p.rowTokens) * vector;
    this.channels = channels;
    this.columns = columns;
    this.keys = shape.keys(iteration);
    this.values = shape.values(iteration);
    this.moves = moves;
    this.roundLength = roundLength;
    this.rowLength = 2 * vector;
    this.length = ROUNDS * roundLength + ceilDiv(p.contextTokens, p.rowTokens) * 2 * 2 * vector;
  }

  /** Emits up to `count` commands from the `start`-th on. */
  emit(sink: CommandSink, start: i64, count: i64): void {
    const end = min(start + count, this.length);
    for (let i = start; i < end; i++) {
      this.find(i);
      sink.emit(this.kind, this.address, this.channel, this.channel + 1);
    }
  }

  /** Emits the characters of the line that the `i`-th command is written as. */
  emitCharacters(sink: CommandSink, i: i64): void {
    this.find(i);
    sink.emitCharacters(this.kind, this.address, this.channel);
  }

  private find(i: i64): void {
    const remapped = i - ROUNDS * this.roundLength;
    if (remapped >= 0) return this.findRemap(remapped);
    const inRound = i % this.roundLength;
    this.channel = <i32> (inRound % this.channels);
    if (inRound < this.moves.length) {
      this.kind = MOVE_TO_GEMV_BUFFER;
      this.address = this.moves.address(<i32> (inRound / this.channels));
      return;
    }
    this.kind = WRITE_GEMV_BUFFER;
    const column = (inRound - this.moves.length) / this.channels;
    this.address = this.base + CENTROIDS + this.vectorOffset(column);
  }

  private findRemap(i: i64): void {
    const part = i / this.rowLength;
    const inRow = i % this.rowLength;
    const writes = inRow % 2 !== 0;
    const isValue = part % 2 !== 0;
    this.kind = writes ? WRITE_GEMV_BUFFER : MOVE_TO_GEMV_BUFFER;
    this.channel = <i32> (inRow / 2 % this.channels);
    const column = inRow / 2 / this.channels + (part / 2) * BANKS * this.columns;
    const from = isValue ? this.values : this.keys;
    const to = this.base + (isValue ? 2 * VALUES : VALUES);
    this.address = (writes ? to : from) + this.vectorOffset(column);
  }

  /** Offset of a column: vectors are laid over the banks, a row of them after the other. */
  private vectorOffset(column: i64): u64 {
    const perRow = <i64> BANKS * this.columns;
    const inRow = column % perRow;
    return <u64> (inRow / this.columns) * BANK + <u64> (column / perRow) * ROW +
      <u64> (inRow % this.columns);
  }
}

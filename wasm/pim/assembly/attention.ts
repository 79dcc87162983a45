/**
 * The command schedule of one layer's attention in one decode step.
 *
 * Heads go to channels, 16 at a time; each 16 are an iteration. Two iterations are overlapped: while
 * one computes scores the other's query is written, while one is in softmax the other computes
 * scores. A last iteration without a partner runs alone.
 *
 * Source: scale-snu/attacc_simulator, pim_ramulator_src/trace_gen; EPIC-RPI/STARC, the same file for
 * the bank level with kept tokens apart from the context.
 */
import { CHANNELS } from "./address_space";
import { clusterIterations } from "./clustering";
import { CommandSink } from "./command_sink";
import { gemvBuffers, GroupList, QueryWrites, resultMoves } from "./group_list";
import { barrier, Iteration, iterationOf } from "./passes";
import { Shape } from "./shape";

/** Emits the whole program. */
export function emitProgram(shape: Shape, sink: CommandSink): void {
  if (shape.parameters.clustering) clusterIterations(shape, sink);
  if (shape.parameters.scoreOnly) return emitScores(shape, sink);
  const paired = shape.iterations & ~1;
  for (let i = 0; i < paired; i += 2) {
    runPair(iterationOf(shape, sink, i), iterationOf(shape, sink, i + 1));
  }
  if (paired < shape.iterations) runAlone(iterationOf(shape, sink, paired));
}

/** Scores of all iterations, one after the other: what a policy reads to decide. */
function emitScores(shape: Shape, sink: CommandSink): void {
  for (let i = 0; i < shape.iterations; i++) {
    const iteration = iterationOf(shape, sink, i);
    new QueryWrites(shape, i).emitAll(sink);
    barrier(sink);
    scorePass(iteration, null, null);
    barrier(sink);
  }
}

/** A partner's buffer commands, spread over the steps of a pass from step `from` on. */
class Spread {
  /**
   * @param steps steps the commands are spread over
   * @param stride commands a step; what it leaves out is lost, as in the reference
   * @param whole whether the steps instead share the list evenly and nothing is lost
   */
  constructor(
    readonly list: GroupList,
    readonly from: i32,
    readonly steps: i32,
    readonly stride: i32,
    readonly whole: bool,
  ) {}

  /** Index of the first command of a step, counted from `from`. */
  start(step: i32): i32 {
    if (!this.whole) return step * this.stride;
    return <i32> (<i64> step * this.list.length / this.steps);
  }

  emit(sink: CommandSink, step: i32): void {
    if (step < this.from) return;
    const start = this.start(step - this.from);
    this.list.emit(sink, start, this.start(step - this.from + 1) - start);
  }
}

/** The partner's query, over the moves of a score pass. */
function spreadQuery(shape: Shape, partner: i32): Spread {
  const list = new QueryWrites(shape, partner);
  const whole = shape.parameters.wholePartnerTraffic;
  return new Spread(list, 0, shape.moves, list.length / shape.moves, whole);
}

/**
 * The partner's softmax results, over the second half of a pass. The reference's stride is that of a
 * full context even when fewer tokens are kept.
 */
function spreadResults(shape: Shape, partner: i32, passSteps: i32): Spread {
  const list = resultMoves(shape, partner);
  const commands = <i64> shape.parameters.queries * gemvBuffers(shape) * shape.denseResultColumns *
    list.channels;
  const from = passSteps / 2;
  const half = passSteps - from;
  const stride = <i32> min<i64>(commands / half, list.length);
  return new Spread(list, from, half, stride, shape.parameters.wholePartnerTraffic);
}

function runPair(a: Iteration, b: Iteration): void {
  const shape = a.shape;
  const sink = a.sink;
  new QueryWrites(shape, a.index).emitAll(sink);
  if (a.index === 0) a.openFirstRow();
  barrier(sink);
  scorePass(a, null, spreadQuery(shape, b.index));
  scorePass(b, a, spreadResults(shape, a.index, shape.moves));
  contextPass(a, b, spreadResults(shape, b.index, shape.contextPasses));
  // The reference reads the values of the pair's first twice and the second's never.
  contextPass(shape.parameters.ownSecondContext ? b : a, null, null);
}

function runAlone(iteration: Iteration): void {
  const shape = iteration.shape;
  const sink = iteration.sink;
  new QueryWrites(shape, iteration.index).emitAll(sink);
  barrier(sink);
  if (shape.parameters.oddTailPerStep) {
    scorePassWithTail(iteration);
  } else {
    scorePass(iteration, null, null);
    softmaxAlone(iteration);
  }
  contextPass(iteration, null, null);
}

function softmaxAlone(iteration: Iteration): void {
  iteration.softmax();
  resultMoves(iteration.shape, iteration.index).emitAll(iteration.sink);
  barrier(iteration.sink);
}

/** Scores of an iteration, the softmax of another beside them. */
function scorePass(iteration: Iteration, inSoftmax: Iteration | null, beside: Spread | null): void {
  const moves = iteration.shape.moves;
  for (let j = 0; j <= moves; j++) {
    if (j < moves) iteration.scoreSteps(j);
    if (j > 0) iteration.moveScores(j - 1);
    if (j === 0 && inSoftmax !== null) inSoftmax.softmax();
    if (j === moves) continue;
    if (beside !== null) beside.emit(iteration.sink, j);
    barrier(iteration.sink);
  }
}

/** The first AttAcc commit: the softmax block is indented into the score loop. */
function scorePassWithTail(iteration: Iteration): void {
  const moves = iteration.shape.moves;
  for (let j = 0; j <= moves; j++) {
    if (j < moves) iteration.scoreSteps(j);
    if (j > 0) iteration.moveScores(j - 1);
    if (j < moves) barrier(iteration.sink);
    softmaxAlone(iteration);
  }
}

function contextPass(
  iteration: Iteration,
  inSoftmax: Iteration | null,
  beside: Spread | null,
): void {
  const passes = iteration.shape.contextPasses;
  for (let j = 0; j <= passes; j++) {
    if (j < passes) iteration.contextSteps(j);
    if (j > 0) iteration.moveContext();
    if (j === 0 && inSoftmax !== null) inSoftmax.softmax();
    if (j === passes) continue;
    if (beside !== null) beside.emit(iteration.sink, j);
    barrier(iteration.sink);
  }
}

/**
 * Channels that begin a group of channels with equal commands, as bits.
 *
 * Slices of a partner's list end inside a group of commands, so the channels before and after the
 * cut get the command in different steps. Clustering gives each channel a command of its own in
 * turn, and heads with blocks of their own differ from the start: there no two channels are in step.
 */
export function channelGroups(shape: Shape): u64 {
  if (shape.parameters.clustering || shape.parameters.blocks !== null) return ~(<u64> 0);
  let bits: u64 = 1;
  const last = shape.channels(shape.iterations - 1);
  if (last < CHANNELS) bits |= (<u64> 1) << last;
  if (shape.parameters.scoreOnly) return bits;
  const paired = shape.iterations & ~1;
  for (let i = 0; i < paired; i += 2) {
    bits |= cuts(spreadQuery(shape, i + 1));
    bits |= cuts(spreadResults(shape, i, shape.moves));
    bits |= cuts(spreadResults(shape, i + 1, shape.contextPasses));
  }
  return bits;
}

/** Channels at which some step's slice begins. */
function cuts(spread: Spread): u64 {
  let bits: u64 = 0;
  for (let step = 1; step <= spread.steps; step++) {
    const start = spread.start(step);
    if (start >= spread.list.length) break;
    bits |= (<u64> 1) << (start % spread.list.channels);
  }
  return bits;
}

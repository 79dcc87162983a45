/** The passes of one iteration: commands for all its heads, one head a channel. */
import { BANK, BANK_GROUP, BANK_GROUPS, BANKS, CHANNELS, RANK, RANKS } from "./address_space";
import { BARRIER, CommandSink, MOVE_TO_SOFTMAX, SOFTMAX } from "./command_sink";
import { HeadBlocks, PIM_BANK, PIM_BUFFER, Shape, STEPS_A_MOVE } from "./shape";

/** A barrier in every channel, whether it has work or not. */
export function barrier(sink: CommandSink): void {
  sink.emit(BARRIER, 0, 0, CHANNELS);
}

export class Iteration {
  readonly keys: u64;
  readonly values: u64;
  readonly channels: i32;

  constructor(readonly shape: Shape, readonly sink: CommandSink, readonly index: i32) {
    this.keys = shape.keys(index);
    this.values = shape.values(index);
    this.channels = shape.channels(index);
  }

  /** The first MAC of the score pass alone, which opens its row early. */
  openFirstRow(): void {
    this.macs(this.keys, 0, this.shape.columnsPerKey, 0);
  }

  /** Score MACs of up to 16 token steps. */
  scoreSteps(move: i32): void {
    const columns = this.shape.columnsPerKey;
    const end = min((move + 1) * STEPS_A_MOVE, this.shape.steps);
    for (let x = move * STEPS_A_MOVE; x < end; x++) {
      for (let k = 0; k < columns; k++) this.macs(this.keys, x, columns, k);
    }
  }

  /** Moves of one move's scores to the softmax buffer, from every rank and bank group. */
  moveScores(move: i32): void {
    for (let query = 0; query < this.shape.parameters.queries; query++) this.moveScoresOnce(move);
  }

  private moveScoresOnce(move: i32): void {
    const first = move * STEPS_A_MOVE;
    if (this.shape.parameters.pim === PIM_BUFFER) return this.move(this.keys, first);
    for (let group = 0; group < BANK_GROUPS; group++) {
      for (let rank = 0; rank < RANKS; rank++) {
        this.move(this.keys + <u64> rank * RANK + <u64> group * BANK_GROUP, first);
      }
    }
  }

  softmax(): void {
    for (let query = 0; query < this.shape.parameters.queries; query++) {
      this.sink.emit(SOFTMAX, 0, 0, this.channels);
    }
  }

  /** Context MACs of one pass over the values. */
  contextSteps(pass: i32): void {
    const first = pass * this.shape.storedSteps;
    for (let x = 0; x < this.shape.steps; x++) this.macs(this.values, x, 1, first);
  }

  /** Moves of one pass's results out of the GEMV units. */
  moveContext(): void {
    for (let query = 0; query < this.shape.parameters.queries; query++) this.moveContextOnce();
  }

  private moveContextOnce(): void {
    const pim = this.shape.parameters.pim;
    const banks = pim === PIM_BANK ? BANKS : 1;
    const ranks = pim === PIM_BUFFER ? 1 : RANKS;
    for (let bank = 0; bank < banks; bank++) {
      for (let rank = 0; rank < ranks; rank++) {
        this.move(this.values + <u64> rank * RANK + <u64> bank * BANK, 0);
      }
    }
  }

  /**
   * A MAC in every channel: of column `first + position * stride` from `base`, where `position` is
   * where the x-th token step of the channel's head is stored.
   */
  protected macs(base: u64, x: i32, stride: i32, first: i32): void {
    const address = base + this.shape.columnOffset(x * stride + first);
    this.sink.emit(this.shape.macKind, address, 0, this.channels);
  }

  /** A move to the softmax buffer in every channel that has an x-th token step. */
  protected move(address: u64, _x: i32): void {
    this.sink.emit(MOVE_TO_SOFTMAX, address, 0, this.channels);
  }
}

/**
 * An iteration whose heads each read blocks of their own.
 *
 * Keys and values are visited in ascending storage order. A head that has fewer blocks is idle while
 * the others go on; all heads meet at the barriers.
 */
class ScatteredIteration extends Iteration {
  private blocks: HeadBlocks;

  constructor(shape: Shape, sink: CommandSink, index: i32) {
    super(shape, sink, index);
    this.blocks = <HeadBlocks> shape.parameters.blocks;
  }

  protected macs(base: u64, x: i32, stride: i32, first: i32): void {
    const shape = this.shape;
    for (let channel = 0; channel < this.channels; channel++) {
      const head = this.index * CHANNELS + channel;
      if (x >= this.blocks.count(head)) continue;
      const column = this.blocks.at(head, x) * stride + first;
      this.sink.emit(shape.macKind, base + shape.columnOffset(column), channel, channel + 1);
    }
  }

  protected move(address: u64, x: i32): void {
    for (let channel = 0; channel < this.channels; channel++) {
      if (x >= this.blocks.count(this.index * CHANNELS + channel)) continue;
      this.sink.emit(MOVE_TO_SOFTMAX, address, channel, channel + 1);
    }
  }
}

/** One iteration of a program. */
export function iterationOf(shape: Shape, sink: CommandSink, index: i32): Iteration {
  return shape.parameters.blocks === null
    ? new Iteration(shape, sink, index)
    : new ScatteredIteration(shape, sink, index);
}

/** The passes of one iteration: commands for all its heads, one head a channel. */
import { BANK, BANK_GROUP, BANK_GROUPS, BANKS, CHANNELS, RANK, RANKS } from "./address_space";
import { BARRIER, CommandSink, MOVE_TO_SOFTMAX, SOFTMAX } from "./command_sink";
import { PIM_BANK, PIM_BUFFER, Shape, STEPS_A_MOVE } from "./shape";

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
    this.mac(this.keys, 0);
  }

  /** Score MACs of up to 16 token steps. */
  scoreSteps(move: i32): void {
    const columns = this.shape.columnsPerKey;
    const end = min((move + 1) * STEPS_A_MOVE, this.shape.steps) * columns;
    for (let x = move * STEPS_A_MOVE * columns; x < end; x++) this.mac(this.keys, x);
  }

  /** Moves of scores to the softmax buffer, from every rank and bank group. */
  moveScores(): void {
    if (this.shape.parameters.pim === PIM_BUFFER) return this.move(this.keys);
    for (let group = 0; group < BANK_GROUPS; group++) {
      for (let rank = 0; rank < RANKS; rank++) {
        this.move(this.keys + <u64> rank * RANK + <u64> group * BANK_GROUP);
      }
    }
  }

  softmax(): void {
    this.sink.emit(SOFTMAX, 0, 0, this.channels);
  }

  /** Context MACs of one pass over the values. */
  contextSteps(pass: i32): void {
    const steps = this.shape.steps;
    for (let x = pass * steps; x < (pass + 1) * steps; x++) this.mac(this.values, x);
  }

  /** Moves of one pass's results out of the GEMV units. */
  moveContext(): void {
    const pim = this.shape.parameters.pim;
    const banks = pim === PIM_BANK ? BANKS : 1;
    const ranks = pim === PIM_BUFFER ? 1 : RANKS;
    for (let bank = 0; bank < banks; bank++) {
      for (let rank = 0; rank < ranks; rank++) {
        this.move(this.values + <u64> rank * RANK + <u64> bank * BANK);
      }
    }
  }

  private mac(base: u64, x: i32): void {
    this.sink.emit(this.shape.macKind, base + this.shape.columnOffset(x), 0, this.channels);
  }

  private move(address: u64): void {
    this.sink.emit(MOVE_TO_SOFTMAX, address, 0, this.channels);
  }
}

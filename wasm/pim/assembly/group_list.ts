/**
 * Lists of buffer commands that a schedule cuts into slices.
 *
 * A list is flat: group after group, and within a group one command a channel. A slice may begin
 * and end inside a group.
 */
import {
  BANK,
  BANK_GROUP,
  BANK_GROUPS,
  BANKS,
  ceilDiv,
  CHANNELS,
  RANK,
  RANKS,
} from "./address_space";
import { CommandSink, MOVE_TO_GEMV_BUFFER, WRITE_GEMV_BUFFER } from "./command_sink";
import { HeadBlocks, PIM_BANK, PIM_BUFFER, Shape } from "./shape";

export abstract class GroupList {
  constructor(readonly channels: i32, readonly groups: i32, readonly kind: i32) {}

  /** Address of a group's command within a channel. */
  abstract address(group: i32): u64;

  /** Commands in the list. */
  get length(): i32 {
    return this.groups * this.channels;
  }

  /** Emits up to `count` commands from the `start`-th on, as far as the list goes. */
  emit(sink: CommandSink, start: i32, count: i32): void {
    const end = min(start + count, this.length);
    while (start < end) {
      const from = start % this.channels;
      const to = min(this.channels, from + end - start);
      this.emitGroup(sink, start / this.channels, from, to);
      start += to - from;
    }
  }

  protected emitGroup(sink: CommandSink, group: i32, from: i32, to: i32): void {
    sink.emit(this.kind, this.address(group), from, to);
  }

  emitAll(sink: CommandSink): void {
    this.emit(sink, 0, this.length);
  }
}

/** Writes of the query into every GEMV buffer. */
export class QueryWrites extends GroupList {
  private base: u64;
  private columns: i32;
  private columnsOfQuery: i32;

  constructor(shape: Shape, iteration: i32) {
    const buffers = shape.parameters.pim === PIM_BANK ? BANKS : 1;
    const groups = shape.parameters.queries * buffers * shape.columnsPerKey;
    super(shape.channels(iteration), groups, WRITE_GEMV_BUFFER);
    this.columnsOfQuery = buffers * shape.columnsPerKey;
    this.base = shape.keys(iteration);
    this.columns = shape.columnsPerKey;
  }

  address(group: i32): u64 {
    const column = group % this.columnsOfQuery;
    return this.base + <u64> (column / this.columns) * BANK + <u64> (column % this.columns);
  }
}

/** Moves from the softmax buffer into the GEMV buffers of every rank and bank group. */
export class BufferMoves extends GroupList {
  constructor(
    private base: u64,
    protected columns: i32,
    private buffers: i32,
    queries: i32,
    channels: i32,
  ) {
    super(channels, queries * buffers * columns, MOVE_TO_GEMV_BUFFER);
  }

  address(group: i32): u64 {
    const buffer = group / this.columns % this.buffers;
    return this.base + <u64> (buffer / BANK_GROUPS) * RANK +
      <u64> (buffer % BANK_GROUPS) * BANK_GROUP + <u64> (group % this.columns);
  }
}

/** The softmax results of an iteration, on their way back to the GEMV units. */
export function resultMoves(shape: Shape, iteration: i32): GroupList {
  return shape.parameters.blocks === null
    ? new BufferMoves(
      shape.values(iteration),
      shape.resultColumns,
      gemvBuffers(shape),
      shape.parameters.queries,
      shape.channels(iteration),
    )
    : new HeadResultMoves(shape, iteration);
}

/** As many results for each head as it has blocks; the others' turns pass without a command. */
class HeadResultMoves extends BufferMoves {
  private columnsOf: StaticArray<i32>;

  constructor(shape: Shape, iteration: i32) {
    const channels = shape.channels(iteration);
    const queries = shape.parameters.queries;
    super(shape.values(iteration), shape.resultColumns, gemvBuffers(shape), queries, channels);
    const blocks = <HeadBlocks> shape.parameters.blocks;
    const columnsOf = new StaticArray<i32>(channels);
    for (let channel = 0; channel < channels; channel++) {
      const count = blocks.count(iteration * CHANNELS + channel);
      columnsOf[channel] = <i32> ceilDiv(count, shape.macElements);
    }
    this.columnsOf = columnsOf;
  }

  protected emitGroup(sink: CommandSink, group: i32, from: i32, to: i32): void {
    const column = group % this.columns;
    for (let channel = from; channel < to; channel++) {
      if (column >= this.columnsOf[channel]) continue;
      sink.emit(this.kind, this.address(group), channel, channel + 1);
    }
  }
}

/** GEMV buffers of a channel that get softmax results one by one. */
export function gemvBuffers(shape: Shape): i32 {
  return shape.parameters.pim === PIM_BUFFER ? 1 : RANKS * BANK_GROUPS;
}

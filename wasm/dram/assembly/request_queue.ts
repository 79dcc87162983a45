/**
 * A controller queue that keeps runs of equal requests together.
 *
 * Requests are equal when they want the same command of the same row of the same bank: they become
 * ready together, and of two that are ready the earlier always wins, so the scheduler needs to look
 * at a run once however long it is.
 */
import { Command } from "./command";

/** Addresses a run remembers, a power of two above the entries of a queue. */
const RING: i32 = 64;

/** Requests that follow each other and are equal. */
export class Run {
  /** What the requests want in the end. */
  final: Command;
  isBarrier: bool = false;
  bank: i32 = 0;
  row: i32 = 0;
  /** Requests left. */
  length: i32 = 0;
  /** What has to be issued now and the cells that hold it back, valid in one state of the banks. */
  command: Command;
  readyCells: StaticArray<i32>;
  stateVersion: i32 = -1;

  private first: i32 = 0;
  private addresses: StaticArray<u64> = new StaticArray<u64>(RING);
  private arrivals: StaticArray<i64> = new StaticArray<i64>(RING);

  /** @param command any, until the run is begun */
  constructor(command: Command) {
    this.final = command;
    this.command = command;
    this.readyCells = command.readyCells[0];
  }

  begin(
    final: Command,
    isBarrier: bool,
    bank: i32,
    row: i32,
    address: u64,
    arrival: i64,
  ): void {
    this.final = final;
    this.isBarrier = isBarrier;
    this.bank = bank;
    this.row = row;
    this.length = 1;
    this.stateVersion = -1;
    this.first = 0;
    this.addresses[0] = address;
    this.arrivals[0] = arrival;
  }

  extend(address: u64, arrival: i64): void {
    const at = (this.first + this.length) & (RING - 1);
    this.addresses[at] = address;
    this.arrivals[at] = arrival;
    this.length++;
  }

  shorten(): void {
    this.first++;
    this.length--;
  }

  /** Byte address of the oldest request. */
  get address(): u64 {
    return this.addresses[this.first & (RING - 1)];
  }

  /** Cycles that had passed when the oldest request was taken. */
  get arrival(): i64 {
    return this.arrivals[this.first & (RING - 1)];
  }

  /** Whether some request has this very byte address. */
  holds(address: u64): bool {
    for (let i = 0; i < this.length; i++) {
      if (this.addresses[(this.first + i) & (RING - 1)] === address) return true;
    }
    return false;
  }
}

export class RequestQueue {
  /** Requests in the queue. */
  size: i32 = 0;
  /** Barriers among them. */
  barriers: i32 = 0;
  /** Runs in the queue, the oldest first in `order`; spare ones follow, as many as were made. */
  runs: i32 = 0;
  order: StaticArray<Run>;
  /** Runs are made when first needed: most queues of most memories stay short. */
  private made: i32 = 0;

  /**
   * @param command any
   * @param inArrivalOrder whether requests come in the order they arrived in; only then do equal
   * ones make a run
   */
  constructor(readonly entries: i32, command: Command, readonly inArrivalOrder: bool) {
    if (entries > RING) unreachable();
    const order = new StaticArray<Run>(entries + 1);
    const none = new Run(command);
    for (let i = 0; i < order.length; i++) order[i] = none;
    this.order = order;
  }

  clear(): void {
    this.size = 0;
    this.barriers = 0;
    this.runs = 0;
  }

  get full(): bool {
    return this.size >= this.entries;
  }

  /**
   * Appends a request.
   *
   * @returns whether it began a new run
   */
  push(
    final: Command,
    isBarrier: bool,
    bank: i32,
    row: i32,
    address: u64,
    arrival: i64,
  ): bool {
    this.size++;
    if (isBarrier) this.barriers++;
    if (this.runs > 0 && this.inArrivalOrder) {
      const last = this.order[this.runs - 1];
      if (last.final === final && last.row === row && last.bank === bank) {
        last.extend(address, arrival);
        return false;
      }
    }
    if (this.runs === this.made) this.order[this.made++] = new Run(final);
    this.order[this.runs++].begin(final, isBarrier, bank, row, address, arrival);
    return true;
  }

  /** Removes the oldest request of the run at `position` of `order`. */
  remove(position: i32): void {
    const run = this.order[position];
    this.size--;
    if (run.isBarrier) this.barriers--;
    run.shorten();
    if (run.length > 0) return;
    this.runs--;
    for (let i = position; i < this.runs; i++) this.order[i] = this.order[i + 1];
    this.order[this.runs] = run;
  }

  holds(address: u64): bool {
    for (let i = 0; i < this.runs; i++) {
      if (this.order[i].holds(address)) return true;
    }
    return false;
  }
}

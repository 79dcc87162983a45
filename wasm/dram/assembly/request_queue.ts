/**
 * A controller queue that keeps runs of equal requests together.
 *
 * Requests are equal when they want the same command of the same row of the same bank: they become
 * ready together, and of two that are ready the earlier always wins, so the scheduler needs to look
 * at a run once however long it is.
 */

/** More runs than any queue holds entries. */
const SLOTS: i32 = 64;
/** Addresses a run remembers, a power of two above the entries of a queue. */
const RING: i32 = 64;

export class RequestQueue {
  /** Requests in the queue. */
  size: i32 = 0;
  /** Barriers among them. */
  barriers: i32 = 0;
  /** Runs in the queue; `order` names their slots from the oldest. */
  runs: i32 = 0;
  order: StaticArray<i32> = new StaticArray<i32>(SLOTS);

  /** The request's final command. */
  final: StaticArray<i32> = new StaticArray<i32>(SLOTS);
  bank: StaticArray<i32> = new StaticArray<i32>(SLOTS);
  row: StaticArray<i32> = new StaticArray<i32>(SLOTS);
  barrier: StaticArray<bool> = new StaticArray<bool>(SLOTS);
  length: StaticArray<i32> = new StaticArray<i32>(SLOTS);
  /** What has to be issued now, valid while `version` is the channel's. */
  command: StaticArray<i32> = new StaticArray<i32>(SLOTS);
  version: StaticArray<i32> = new StaticArray<i32>(SLOTS);

  private first: StaticArray<i32> = new StaticArray<i32>(SLOTS);
  private addresses: StaticArray<u64> = new StaticArray<u64>(SLOTS * RING);
  private freeSlots: StaticArray<i32> = new StaticArray<i32>(SLOTS);

  constructor(readonly entries: i32) {
    if (entries > RING) unreachable();
    this.clear();
  }

  clear(): void {
    this.size = 0;
    this.barriers = 0;
    this.runs = 0;
    for (let slot = 0; slot < SLOTS; slot++) unchecked(this.freeSlots[slot] = slot);
  }

  get full(): bool {
    return this.size >= this.entries;
  }

  /**
   * Appends a request.
   *
   * @returns whether it began a new run
   */
  push(final: i32, barrier: bool, bank: i32, row: i32, address: u64): bool {
    this.size++;
    if (barrier) this.barriers++;
    if (this.runs > 0) {
      const last = unchecked(this.order[this.runs - 1]);
      if (
        unchecked(this.final[last]) === final && unchecked(this.row[last]) === row &&
        unchecked(this.bank[last]) === bank
      ) {
        const end = unchecked(this.first[last]) + unchecked(this.length[last]);
        unchecked(this.addresses[last * RING + (end & (RING - 1))] = address);
        unchecked(this.length[last] += 1);
        return false;
      }
    }
    const slot = unchecked(this.freeSlots[this.runs]);
    unchecked(this.order[this.runs++] = slot);
    unchecked(this.final[slot] = final);
    unchecked(this.barrier[slot] = barrier);
    unchecked(this.bank[slot] = bank);
    unchecked(this.row[slot] = row);
    unchecked(this.length[slot] = 1);
    unchecked(this.version[slot] = -1);
    unchecked(this.first[slot] = 0);
    unchecked(this.addresses[slot * RING] = address);
    return true;
  }

  /** Removes the oldest request of the run at `position` of `order`. */
  remove(position: i32): void {
    const slot = unchecked(this.order[position]);
    this.size--;
    if (unchecked(this.barrier[slot])) this.barriers--;
    unchecked(this.first[slot] += 1);
    const left = unchecked(this.length[slot]) - 1;
    unchecked(this.length[slot] = left);
    if (left > 0) return;
    this.runs--;
    for (let i = position; i < this.runs; i++) {
      unchecked(this.order[i] = this.order[i + 1]);
    }
    unchecked(this.freeSlots[this.runs] = slot);
  }

  /** Byte address of the oldest request of a run. */
  address(slot: i32): u64 {
    return unchecked(this.addresses[slot * RING + (this.first[slot] & (RING - 1))]);
  }

  /** Whether some request has this very byte address. */
  holds(address: u64): bool {
    for (let i = 0; i < this.runs; i++) {
      const slot = this.order[i];
      for (let k = 0; k < this.length[slot]; k++) {
        const at = (this.first[slot] + k) & (RING - 1);
        if (this.addresses[slot * RING + at] === address) return true;
      }
    }
    return false;
  }
}

/**
 * Which request of a queue goes next (AttAcc's PIM scheduler).
 *
 * First come, first served, but a request that is not ready lets a later one pass that is, unless
 * the later one would work on a bank that another request still has a row hit in. A barrier lets
 * only row preparation pass.
 *
 * The reference folds a comparison over the queue. Arrival stamps never decrease along a queue, so
 * the fold comes down to: the head if it is ready, else the first later request that is ready and
 * may pass, else the head. Equal neighbours are looked at once.
 */
import { Channel } from "./channel";
import { RequestQueue } from "./request_queue";

/** Later than every cycle. */
export const NEVER: i64 = i64.MAX_VALUE;

export class Scheduler {
  /** Whether the chosen request's current command may issue in the cycle asked about. */
  ready: bool = false;
  /** Whether a barrier was taken from the head. */
  removedBarrier: bool = false;
  /** Position of the choice in the queue's order. */
  position: i32 = 0;
  /** When nothing is ready: the first cycle in which something will be. */
  nextReady: i64 = NEVER;

  constructor(private channel: Channel) {}

  /**
   * Chooses a request.
   *
   * Takes one barrier from the head of the queue, if there is one.
   *
   * @returns its slot in the queue, or -1 when there is none
   */
  best(queue: RequestQueue, cycle: i64): i32 {
    this.ready = false;
    this.removedBarrier = false;
    this.nextReady = NEVER;
    if (queue.size === 0) return -1;
    if (unchecked(queue.barrier[unchecked(queue.order[0])])) {
      queue.remove(0);
      this.removedBarrier = true;
      if (queue.size === 0) return -1;
    }
    const head = unchecked(queue.order[0]);
    const headReady = this.readyAt(queue, head);
    if (headReady <= cycle) {
      this.ready = true;
      this.position = 0;
      return head;
    }
    this.nextReady = headReady;
    const passing = this.firstThatPasses(queue, cycle);
    return passing < 0 ? head : passing;
  }

  private firstThatPasses(queue: RequestQueue, cycle: i64): i32 {
    let behindBarrier = false;
    for (let i = 1, n = queue.runs; i < n; i++) {
      const slot = unchecked(queue.order[i]);
      if (unchecked(queue.barrier[slot])) {
        behindBarrier = true;
        continue;
      }
      const command = this.current(queue, slot);
      if (behindBarrier && !unchecked(this.channel.device.commands[command]).preparesRows) continue;
      const readyAt = this.channel.timing.readyAt(command, unchecked(queue.bank[slot]));
      if (readyAt > cycle) {
        this.nextReady = min(this.nextReady, readyAt);
      } else if (this.hits(queue, slot) || !this.bankIsHit(queue, unchecked(queue.bank[slot]))) {
        this.ready = true;
        this.position = i;
        return slot;
      }
    }
    return -1;
  }

  /** What the run's oldest request needs issued now. */
  current(queue: RequestQueue, slot: i32): i32 {
    const version = this.channel.state.version;
    if (unchecked(queue.version[slot]) !== version) {
      const command = this.channel.prerequisite(
        unchecked(queue.final[slot]),
        unchecked(queue.bank[slot]),
        unchecked(queue.row[slot]),
      );
      unchecked(queue.command[slot] = command);
      unchecked(queue.version[slot] = version);
    }
    return unchecked(queue.command[slot]);
  }

  readyAt(queue: RequestQueue, slot: i32): i64 {
    return this.channel.timing.readyAt(this.current(queue, slot), unchecked(queue.bank[slot]));
  }

  /** A row hit: a command that needs an open row and has it. */
  private hits(queue: RequestQueue, slot: i32): bool {
    const final = unchecked(queue.final[slot]);
    return unchecked(this.channel.device.commands[final]).opener >= 0 &&
      this.current(queue, slot) === final;
  }

  private bankIsHit(queue: RequestQueue, bank: i32): bool {
    for (let i = 0, n = queue.runs; i < n; i++) {
      const slot = unchecked(queue.order[i]);
      if (unchecked(queue.bank[slot]) === bank && this.hits(queue, slot)) return true;
    }
    return false;
  }
}

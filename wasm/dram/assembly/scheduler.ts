/**
 * Which request of a queue goes next (AttAcc's PIM scheduler).
 *
 * First come, first served, but a request that is not ready lets a later one pass that is, unless
 * the later one would work on a bank that another request still has a row hit in. A barrier lets
 * only row preparation pass.
 *
 * The reference folds a comparison over the queue. Where requests stand in the order of their
 * arrival the fold comes down to: the head if it is ready, else the first later request that is
 * ready and may pass, else the head. Equal neighbours are looked at once.
 */
import { Channel } from "./channel";
import { REQUIRES_ROW_OPEN } from "./command";
import { RequestQueue, Run } from "./request_queue";

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
   * @returns the run whose oldest request it is; null when there is none
   */
  best(queue: RequestQueue, cycle: i64): Run | null {
    this.ready = false;
    this.removedBarrier = false;
    this.nextReady = NEVER;
    if (queue.size === 0) return null;
    let head = queue.order[0];
    if (head.isBarrier) {
      queue.remove(0);
      this.removedBarrier = true;
      if (queue.size === 0) return null;
      head = queue.order[0];
    }
    this.update(head);
    const headReady = this.channel.timing.readyAtCells(head.readyCells);
    if (headReady <= cycle) {
      this.ready = true;
      this.position = 0;
      return head;
    }
    const passing = this.firstThatPasses(queue, cycle, headReady);
    return passing === null ? head : passing;
  }

  private firstThatPasses(queue: RequestQueue, cycle: i64, headReady: i64): Run | null {
    const timing = this.channel.timing;
    let nextReady = headReady;
    let behindBarrier = false;
    // What held back the run before holds back every run that waits for the same.
    let waiting = queue.order[0].readyCells;
    for (let i = 1, n = queue.runs; i < n; i++) {
      const run = queue.order[i];
      if (run.isBarrier) {
        behindBarrier = true;
        continue;
      }
      this.update(run);
      if (behindBarrier && !run.command.preparesRows) continue;
      if (run.readyCells === waiting) continue;
      const readyAt = timing.readyAtCells(run.readyCells);
      if (readyAt > cycle) {
        nextReady = min(nextReady, readyAt);
        waiting = run.readyCells;
      } else if (this.hits(run) || !this.bankIsHit(queue, run.bank)) {
        this.ready = true;
        this.position = i;
        return run;
      }
    }
    this.nextReady = nextReady;
    return null;
  }

  /**
   * Chooses from a queue that is not in the order of arrival: of two requests that are both ready,
   * or both not, the one that arrived first goes before the other.
   */
  bestByArrival(queue: RequestQueue, cycle: i64): Run | null {
    this.ready = false;
    this.removedBarrier = false;
    if (queue.size === 0) return null;
    this.position = 0;
    let best = queue.order[0];
    this.ready = this.isReady(best, cycle);
    for (let i = 1; i < queue.runs; i++) {
      const run = queue.order[i];
      const runReady = this.isReady(run, cycle);
      const goesFirst = this.ready !== runReady
        ? runReady && (this.hits(run) || !this.bankIsHit(queue, run.bank))
        : run.arrival < best.arrival;
      if (!goesFirst) continue;
      best = run;
      this.position = i;
      this.ready = runReady;
    }
    return best;
  }

  private isReady(run: Run, cycle: i64): bool {
    this.update(run);
    return this.channel.timing.readyAtCells(run.readyCells) <= cycle;
  }

  /**
   * Works out what the run's requests need issued now, if the banks have changed. Inlined by hand:
   * the optimiser does so in one module and not in another, and it is on every cycle's way.
   */
  @inline
  update(run: Run): void {
    const version = this.channel.state.version;
    if (run.stateVersion === version) return;
    const command = this.channel.prerequisite(run.final, run.bank, run.row);
    run.command = command;
    run.readyCells = command.readyCells[run.bank];
    run.stateVersion = version;
  }

  /** A row hit: a command that needs an open row and has it. */
  private hits(run: Run): bool {
    return run.final.requires === REQUIRES_ROW_OPEN && run.command === run.final;
  }

  /** Whether any request, wherever it stands, has a row hit in a bank. */
  private bankIsHit(queue: RequestQueue, bank: i32): bool {
    for (let i = 0, n = queue.runs; i < n; i++) {
      const run = queue.order[i];
      if (run.bank !== bank) continue;
      this.update(run);
      if (this.hits(run)) return true;
    }
    return false;
  }
}

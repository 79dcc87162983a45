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
import { Command, NODE_LEVELS } from "./device";
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
  /** When nothing is ready: a later cycle before which nothing will be. */
  nextReady: i64 = NEVER;

  /** Nodes at which a command was found not to be ready in the scan of that number. */
  private scan: i32 = 0;
  private blockedIn: StaticArray<i32>;
  private blockedShallow: StaticArray<i32>;
  private blockedDeep: StaticArray<i32>;

  constructor(private channel: Channel) {
    const commands = channel.device.commands.length;
    this.blockedIn = new StaticArray<i32>(commands);
    this.blockedShallow = new StaticArray<i32>(commands);
    this.blockedDeep = new StaticArray<i32>(commands);
  }

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
    const commands = this.channel.device.commands;
    let behindBarrier = false;
    this.scan++;
    for (let i = 1, n = queue.runs; i < n; i++) {
      const slot = unchecked(queue.order[i]);
      if (unchecked(queue.barrier[slot])) {
        behindBarrier = true;
        continue;
      }
      const index = this.current(queue, slot);
      const command = unchecked(commands[index]);
      if (behindBarrier && !command.preparesRows) continue;
      const bank = unchecked(queue.bank[slot]);
      if (!this.isReady(command, index, bank, cycle)) continue;
      if (this.hits(queue, slot) || !this.bankIsHit(queue, bank)) {
        this.ready = true;
        this.position = i;
        return slot;
      }
    }
    return -1;
  }

  /**
   * Whether a command may issue to a bank in this cycle. When not, `nextReady` is lowered to a cycle
   * before which it cannot; a node that holds a command back is looked up once a scan.
   */
  private isReady(command: Command, index: i32, bank: i32, cycle: i64): bool {
    const path = this.channel.device.path;
    const shallow = unchecked(path[bank * NODE_LEVELS + command.shallowest]);
    const deep = unchecked(path[bank * NODE_LEVELS + command.deepest]);
    if (unchecked(this.blockedIn[index]) !== this.scan) {
      unchecked(this.blockedIn[index] = this.scan);
      unchecked(this.blockedShallow[index] = -1);
      unchecked(this.blockedDeep[index] = -1);
    } else if (
      unchecked(this.blockedShallow[index]) === shallow ||
      unchecked(this.blockedDeep[index]) === deep
    ) {
      return false;
    }
    const timing = this.channel.timing;
    const atShallow = timing.readyAtNode(index, shallow);
    if (atShallow > cycle) {
      unchecked(this.blockedShallow[index] = shallow);
      this.nextReady = min(this.nextReady, atShallow);
      return false;
    }
    const readyAt = timing.readyAt(index, bank);
    if (readyAt <= cycle) return true;
    unchecked(this.blockedDeep[index] = deep);
    this.nextReady = min(this.nextReady, readyAt);
    return false;
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

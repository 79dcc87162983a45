/**
 * The memory controller of one channel: up to one row and one column command a cycle.
 *
 * Time is advanced from event to event: after each cycle that is simulated, `next` is the first
 * later one in which anything can happen without a new request.
 */
import { Channel } from "./channel";
import { BANK, BUS_NONE, Device, QUEUE_PIM, QUEUE_READ } from "./device";
import { OrdinaryQueues } from "./ordinary_queues";
import { RequestQueue } from "./request_queue";
import { NEVER, Scheduler } from "./scheduler";

export class Controller {
  readonly channel: Channel;
  readonly pim: RequestQueue;
  readonly scheduler: Scheduler;
  readonly ordinary: OrdinaryQueues;

  /** The next cycle to simulate. */
  next: i64 = 0;
  /** The last cycle simulated. */
  private last: i64 = 0;
  private nextRefresh: i64 = 0;
  /** Refresh requests waiting, numbered from the first: nodes of the refresh level take turns. */
  refreshesQueued: i32 = 0;
  private refreshNode: i32 = 0;
  /** Whether reads or writes may be in the channel. */
  private hasOrdinary: bool = false;
  /** The bus half taken by what slot 1 found. */
  private firstBus: i32 = BUS_NONE;

  constructor(readonly device: Device) {
    const channel = new Channel(device);
    this.channel = channel;
    this.pim = new RequestQueue(device.queueEntries);
    this.scheduler = new Scheduler(channel);
    this.ordinary = new OrdinaryQueues(device);
  }

  clear(): void {
    this.channel.clear();
    this.pim.clear();
    this.ordinary.clear();
    this.last = 0;
    this.hasOrdinary = false;
    this.refreshesQueued = 0;
    this.refreshNode = 0;
    this.nextRefresh = this.device.refreshInterval;
    this.next = this.nextRefresh;
  }

  get pending(): bool {
    return this.pim.size > 0 || this.refreshesQueued > 0 || this.ordinary.pending;
  }

  /** Whether a request for this queue has to wait. */
  isFull(queue: i32): bool {
    return queue === QUEUE_PIM ? this.pim.full : this.ordinary.isFull(queue);
  }

  /** Takes a request after `now` cycles; {@link isFull} must be false. */
  enqueue(request: i32, address: u64, bank: i32, row: i32, now: i64): void {
    const device = this.device;
    const command = unchecked(device.requestCommand[request]);
    const queue = unchecked(device.requestQueue[request]);
    if (queue === QUEUE_PIM) {
      const barrier = unchecked(device.requestIsBarrier[request]);
      const isNewRun = this.pim.push(command, barrier, bank, row, address);
      if (isNewRun) this.next = min(this.next, max(now + 1, this.earliestForLast()));
      return;
    }
    if (!this.hasOrdinary && this.last < now) this.ordinary.idled();
    this.hasOrdinary = true;
    if (queue === QUEUE_READ) this.ordinary.read(command, bank, row, address, now);
    else this.ordinary.write(command, bank, row, address);
    this.next = min(this.next, now + 1);
  }

  /**
   * When the run just added to the PIM queue can first change what the controller does. Alone in the
   * queue it is the head; behind others it has to be ready, and behind a barrier to prepare a row.
   */
  private earliestForLast(): i64 {
    const queue = this.pim;
    if (queue.runs === 1) return 0;
    const slot = unchecked(queue.order[queue.runs - 1]);
    if (unchecked(queue.barrier[slot])) return NEVER;
    const command = this.scheduler.current(queue, slot);
    if (queue.barriers > 0 && !unchecked(this.device.commands[command]).preparesRows) return NEVER;
    return this.channel.timing.readyAt(command, unchecked(queue.bank[slot]));
  }

  /** Simulates every cycle up to and including `cycle`. */
  advance(cycle: i64): void {
    while (this.next <= cycle) this.tick();
  }

  /** Simulates until a queue has room; returns the cycle in which it got it. */
  advanceUntilRoom(queue: i32): i64 {
    do this.tick(); while (this.isFull(queue));
    return this.last;
  }

  /** Simulates until nothing waits; returns the cycle in which the last request left. */
  advanceUntilEmpty(): i64 {
    do this.tick(); while (this.pending);
    return this.last;
  }

  /** Simulates the cycle `next`. */
  private tick(): void {
    const cycle = this.next;
    this.last = cycle;
    if (this.hasOrdinary) this.ordinary.serveReads(cycle);
    if (cycle === this.nextRefresh) this.requestRefresh();
    if (this.hasOrdinary && this.ordinary.pending) {
      this.tickWithOrdinary(cycle);
      this.next = cycle + 1;
      return;
    }
    this.hasOrdinary = false;
    const acted = this.slot1(cycle);
    // Without a first command slot 2 issues nothing; it could only take another barrier.
    if (!acted && this.firstBus === BUS_NONE) {
      this.ordinary.idled();
      this.next = min(this.scheduler.nextReady, this.nextRefresh);
      return;
    }
    this.slot2(cycle);
  }

  private requestRefresh(): void {
    this.nextRefresh += this.device.refreshInterval;
    this.refreshesQueued += this.device.refreshNodes;
    if (this.refreshesQueued > this.device.refreshQueueEntries) unreachable();
  }

  /** Bank whose path leads through the node to be refreshed. */
  private get refreshBank(): i32 {
    return this.refreshNode * this.device.refreshNodeBanks;
  }

  private refreshPrerequisite(): i32 {
    return this.channel.prerequisite(this.device.refreshCommand, this.refreshBank, -1);
  }

  /**
   * Slot 1 without ordinary requests: the refresh that waits, else the scheduler's choice.
   *
   * @returns whether anything changed
   */
  private slot1(cycle: i64): bool {
    if (this.refreshesQueued > 0) return this.serveRefresh(cycle);
    const slot = this.scheduler.best(this.pim, cycle);
    const tookBarrier = this.scheduler.removedBarrier;
    this.firstBus = BUS_NONE;
    if (slot < 0 || !this.scheduler.ready) return tookBarrier;
    this.firstBus = this.busOf(this.pim, slot);
    this.issueFromPim(slot, cycle);
    return true;
  }

  private slot2(cycle: i64): void {
    const slot = this.scheduler.best(this.pim, cycle);
    const acted = this.scheduler.ready;
    if (acted && this.mayPair(this.busOf(this.pim, slot))) {
      this.issueFromPim(slot, cycle);
    } else {
      this.ordinary.idled();
    }
    let wake = acted ? cycle + 1 : this.scheduler.nextReady;
    if (this.refreshesQueued > 0) {
      const command = this.refreshPrerequisite();
      const readyAt = this.channel.timing.readyAt(command, this.refreshBank);
      wake = min(wake, max(cycle + 1, readyAt));
    }
    this.next = min(wake, this.nextRefresh);
  }

  /** Tries the refresh at the head; its bus half counts as taken even when it is not ready. */
  private serveRefresh(cycle: i64): bool {
    const command = this.refreshPrerequisite();
    this.firstBus = unchecked(this.device.commands[command]).bus;
    return this.tryRefresh(command, cycle);
  }

  private tryRefresh(command: i32, cycle: i64): bool {
    const bank = this.refreshBank;
    if (this.channel.timing.readyAt(command, bank) > cycle) return false;
    this.channel.issue(command, bank, -1, 0, this.device.refreshDepth, cycle);
    if (command === this.device.refreshCommand) {
      this.refreshesQueued--;
      this.refreshNode = (this.refreshNode + 1) % this.device.refreshNodes;
    }
    return true;
  }

  private busOf(queue: RequestQueue, slot: i32): i32 {
    return unchecked(this.device.commands[this.scheduler.current(queue, slot)]).bus;
  }

  /** Whether a command of this bus half can issue beside the first command. */
  private mayPair(bus: i32): bool {
    return this.firstBus !== BUS_NONE && bus !== BUS_NONE && bus !== this.firstBus;
  }

  /** Issues what the scheduler just chose from the PIM queue. */
  private issueFromPim(slot: i32, cycle: i64): void {
    const queue = this.pim;
    const command = this.scheduler.current(queue, slot);
    const isFinal = command === unchecked(queue.final[slot]);
    if (!(isFinal && unchecked(queue.barrier[slot]))) {
      this.channel.issue(
        command,
        unchecked(queue.bank[slot]),
        unchecked(queue.row[slot]),
        queue.address(slot),
        BANK,
        cycle,
      );
    }
    if (isFinal) queue.remove(this.scheduler.position);
  }

  /** One cycle while reads or writes are in the channel; queues are tried in their order. */
  private tickWithOrdinary(cycle: i64): void {
    this.firstBus = BUS_NONE;
    this.tryQueues(cycle, true);
    this.tryQueues(cycle, false);
  }

  /** Slot 1 or 2: rows already being opened, refresh, PIM, then reads or writes. */
  private tryQueues(cycle: i64, first: bool): void {
    const ordinary = this.ordinary;
    const activeSlot = this.scheduler.best(ordinary.active, cycle);
    if (activeSlot >= 0 && this.scheduler.ready) {
      if (first || this.mayPair(this.busOf(ordinary.active, activeSlot))) {
        this.issueOrdinary(ordinary.active, activeSlot, cycle, first);
        return;
      }
    }
    if (this.refreshesQueued > 0) {
      const command = this.refreshPrerequisite();
      const bus = unchecked(this.device.commands[command]).bus;
      if (first || this.mayPair(bus)) {
        if (first) this.firstBus = bus;
        if (this.tryRefresh(command, cycle)) ordinary.fromPim = false;
        return;
      }
    }
    ordinary.fromPim = false;
    if (this.tryPim(cycle, first)) return;
    ordinary.chooseDirection();
    const queue = ordinary.current;
    const slot = this.scheduler.best(queue, cycle);
    if (slot < 0) return;
    const bus = this.busOf(queue, slot);
    const ready = this.scheduler.ready;
    // The reference counts this command as the first one even when it is not ready.
    if (first) this.firstBus = bus;
    if (ready && (first || this.mayPair(bus))) this.issueOrdinary(queue, slot, cycle, first);
  }

  private tryPim(cycle: i64, first: bool): bool {
    const slot = this.scheduler.best(this.pim, cycle);
    if (slot < 0 || !this.scheduler.ready) return false;
    const bus = this.busOf(this.pim, slot);
    if (!first && !this.mayPair(bus)) return false;
    this.ordinary.fromPim = true;
    if (first) this.firstBus = bus;
    const command = this.scheduler.current(this.pim, slot);
    if (!this.ordinary.closesActiveBank(command, unchecked(this.pim.bank[slot]))) {
      this.issueFromPim(slot, cycle);
    }
    return true;
  }

  private issueOrdinary(queue: RequestQueue, slot: i32, cycle: i64, first: bool): void {
    const command = this.scheduler.current(queue, slot);
    const position = this.scheduler.position;
    if (first) this.firstBus = unchecked(this.device.commands[command]).bus;
    if (this.ordinary.closesActiveBank(command, unchecked(queue.bank[slot]))) return;
    this.channel.issue(
      command,
      queue.bank[slot],
      queue.row[slot],
      queue.address(slot),
      BANK,
      cycle,
    );
    this.ordinary.issued(queue, slot, position, command, cycle);
  }
}

/**
 * The memory controller of one channel: up to one row and one column command a cycle.
 *
 * Time is advanced from event to event: after each cycle that is simulated, `next` is the first
 * later one in which anything can happen without a new request.
 */
import { Channel } from "./channel";
import { BUS_NONE, Command } from "./command";
import { Device, QUEUE_PIM, QUEUE_READ, RequestKind } from "./device";
import { fail, failure, STUCK } from "./failure";
import { BANK } from "./levels";
import { OrdinaryQueues } from "./ordinary_queues";
import { RequestQueue, Run } from "./request_queue";
import { NEVER, Scheduler } from "./scheduler";

/** Refresh intervals within which all queues together are served many times over. */
const PATIENCE: i64 = 100;

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
    this.pim = new RequestQueue(device.queueEntries, device.commands[0], true);
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

  /** Whether a request needs no room: a read of what waits to be written. */
  answersAtOnce(request: RequestKind, address: u64): bool {
    return request.queue === QUEUE_READ && this.ordinary.writes.holds(address);
  }

  /** Takes a request after `now` cycles, for which there must be room unless it needs none. */
  enqueue(request: RequestKind, address: u64, bank: i32, row: i32, now: i64): void {
    const command = request.command;
    if (request.queue === QUEUE_PIM) {
      const isNewRun = this.pim.push(command, request.isBarrier, bank, row, address, now);
      if (isNewRun) this.next = min(this.next, max(now + 1, this.earliestForLast()));
      return;
    }
    if (!this.hasOrdinary && this.last < now) this.ordinary.idled();
    this.hasOrdinary = true;
    if (request.queue === QUEUE_READ) this.ordinary.read(command, bank, row, address, now);
    else this.ordinary.write(command, bank, row, address, now);
    this.next = min(this.next, now + 1);
  }

  /**
   * When the run just added to the PIM queue can first change what the controller does. Alone in the
   * queue it is the head; behind others it has to be ready, and behind a barrier to prepare a row.
   */
  private earliestForLast(): i64 {
    const queue = this.pim;
    if (queue.runs === 1) return 0;
    const run = queue.order[queue.runs - 1];
    if (run.isBarrier) return NEVER;
    this.scheduler.update(run);
    if (queue.barriers > 0 && !run.command.preparesRows) return NEVER;
    return this.channel.timing.readyAtCells(run.readyCells);
  }

  /** Simulates every cycle up to and including `cycle`. */
  advance(cycle: i64): void {
    while (this.next <= cycle) this.tick();
  }

  /** Simulates until a queue has room or the run fails; returns the cycle in which it did. */
  advanceUntilRoom(queue: i32): i64 {
    const deadline = this.deadline;
    do this.tickBefore(deadline); while (this.isFull(queue) && failure() === 0);
    return this.last;
  }

  /** Simulates until nothing waits or the run fails; returns the cycle in which it did. */
  advanceUntilEmpty(): i64 {
    const deadline = this.deadline;
    do this.tickBefore(deadline); while (this.pending && failure() === 0);
    return this.last;
  }

  /** By when the requests that wait now are served, if they do not undo each other for ever. */
  private get deadline(): i64 {
    return this.next + PATIENCE * <i64> this.device.refreshInterval;
  }

  private tickBefore(deadline: i64): void {
    if (this.next > deadline) fail(STUCK);
    else this.tick();
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
    if (this.refreshesQueued > this.device.refreshQueueEntries) fail(STUCK);
  }

  /** Bank whose path leads through the node to be refreshed. */
  private get refreshBank(): i32 {
    return this.refreshNode * this.device.refreshNodeBanks;
  }

  private refreshPrerequisite(): Command {
    const refresh = this.device.commands[this.device.refreshCommand];
    return this.channel.prerequisite(refresh, this.refreshBank, -1);
  }

  /**
   * Slot 1 without ordinary requests: the refresh that waits, else the scheduler's choice.
   *
   * @returns whether anything changed
   */
  private slot1(cycle: i64): bool {
    if (this.refreshesQueued > 0) return this.serveRefresh(cycle);
    const run = this.scheduler.best(this.pim, cycle);
    this.firstBus = BUS_NONE;
    if (run === null || !this.scheduler.ready) return this.scheduler.removedBarrier;
    this.firstBus = run.command.bus;
    this.issueFromPim(run, cycle);
    return true;
  }

  private slot2(cycle: i64): void {
    const run = this.scheduler.best(this.pim, cycle);
    const isReady = this.scheduler.ready;
    if (isReady && run !== null && this.mayPair(run.command.bus)) {
      this.issueFromPim(run, cycle);
    } else {
      this.ordinary.idled();
    }
    let wake = isReady ? cycle + 1 : this.scheduler.nextReady;
    if (this.refreshesQueued > 0) {
      const readyAt = this.channel.timing.readyAt(this.refreshPrerequisite(), this.refreshBank);
      wake = min(wake, max(cycle + 1, readyAt));
    }
    this.next = min(wake, this.nextRefresh);
  }

  /** Tries the refresh at the head; its bus half counts as taken even when it is not ready. */
  private serveRefresh(cycle: i64): bool {
    const command = this.refreshPrerequisite();
    this.firstBus = command.bus;
    return this.tryRefresh(command, cycle);
  }

  private tryRefresh(command: Command, cycle: i64): bool {
    const bank = this.refreshBank;
    if (this.channel.timing.readyAt(command, bank) > cycle) return false;
    this.channel.issue(command, bank, -1, 0, this.device.refreshDepth, cycle);
    if (command.index === this.device.refreshCommand) {
      this.refreshesQueued--;
      this.refreshNode = (this.refreshNode + 1) % this.device.refreshNodes;
    }
    return true;
  }

  /** Whether a command of this bus half can issue beside the first command. */
  private mayPair(bus: i32): bool {
    return this.firstBus !== BUS_NONE && bus !== BUS_NONE && bus !== this.firstBus;
  }

  /** Issues what the scheduler just chose from the PIM queue; inlined as `Scheduler.update` is. */
  @inline
  private issueFromPim(run: Run, cycle: i64): void {
    const command = run.command;
    const isFinal = command === run.final;
    if (!run.isBarrier) {
      this.channel.issue(command, run.bank, run.row, run.address, BANK, cycle);
    }
    if (isFinal) this.pim.remove(this.scheduler.position);
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
    const active = this.scheduler.bestByArrival(ordinary.active, cycle);
    if (active !== null && this.scheduler.ready && (first || this.mayPair(active.command.bus))) {
      return this.issueOrdinary(ordinary.active, active, cycle, first);
    }
    if (this.refreshesQueued > 0) {
      const command = this.refreshPrerequisite();
      if (first || this.mayPair(command.bus)) {
        if (first) this.firstBus = command.bus;
        if (this.tryRefresh(command, cycle)) ordinary.fromPim = false;
        return;
      }
    }
    ordinary.fromPim = false;
    if (this.tryPim(cycle, first)) return;
    ordinary.chooseDirection();
    const queue = ordinary.current;
    const run = this.scheduler.best(queue, cycle);
    if (run === null) return;
    const bus = run.command.bus;
    // The reference counts this command as the first one even when it is not ready.
    if (first) this.firstBus = bus;
    if (this.scheduler.ready && (first || this.mayPair(bus))) {
      this.issueOrdinary(queue, run, cycle, first);
    }
  }

  private tryPim(cycle: i64, first: bool): bool {
    const run = this.scheduler.best(this.pim, cycle);
    if (run === null || !this.scheduler.ready) return false;
    if (!first && !this.mayPair(run.command.bus)) return false;
    this.ordinary.fromPim = true;
    if (first) this.firstBus = run.command.bus;
    if (!this.ordinary.closesActiveBank(run)) this.issueFromPim(run, cycle);
    return true;
  }

  private issueOrdinary(queue: RequestQueue, run: Run, cycle: i64, first: bool): void {
    const command = run.command;
    if (first) this.firstBus = command.bus;
    if (this.ordinary.closesActiveBank(run)) return;
    this.channel.issue(command, run.bank, run.row, run.address, BANK, cycle);
    this.ordinary.issued(queue, run, this.scheduler.position, cycle);
  }
}

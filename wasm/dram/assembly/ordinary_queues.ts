/** Reads and writes: their queues, the rows being opened for them, and reads on their way back. */
import { Command } from "./command";
import { Device, QUEUE_READ } from "./device";
import { RequestQueue, Run } from "./request_queue";

/** Reads on their way back that there is room for at first. */
const RETURNING_AT_FIRST: i32 = 64;

export class OrdinaryQueues {
  readonly reads: RequestQueue;
  readonly writes: RequestQueue;
  /** Requests whose row was opened for them: served before everything else. */
  readonly active: RequestQueue;
  /** Whether the last request that was not from `active` came from the PIM queue. */
  fromPim: bool = false;

  private writeMode: bool = false;
  /** When the data of reads arrives; one is handed over a cycle, in the order they were issued. */
  private returnCycles: StaticArray<i64> = new StaticArray<i64>(RETURNING_AT_FIRST);
  private returnFirst: i32 = 0;
  private returning: i32 = 0;

  constructor(private device: Device) {
    const any = device.commands[0];
    this.reads = new RequestQueue(device.queueEntries, any, true);
    this.writes = new RequestQueue(device.queueEntries, any, true);
    this.active = new RequestQueue(device.queueEntries, any, false);
  }

  clear(): void {
    this.reads.clear();
    this.writes.clear();
    this.active.clear();
    this.fromPim = false;
    this.writeMode = false;
    this.returning = 0;
    this.returnFirst = 0;
  }

  get pending(): bool {
    return this.reads.size + this.writes.size + this.active.size + this.returning > 0;
  }

  isFull(queue: i32): bool {
    return queue === QUEUE_READ ? this.reads.full : this.writes.full;
  }

  /** A cycle went by in which neither reads nor writes waited: the controller turns to writes. */
  idled(): void {
    this.writeMode = true;
  }

  /** A read of a byte that waits to be written is answered from its queue, a cycle later. */
  read(command: Command, bank: i32, row: i32, address: u64, now: i64): void {
    if (this.writes.holds(address)) this.returnAt(now + 1);
    else this.reads.push(command, false, bank, row, address, now);
  }

  write(command: Command, bank: i32, row: i32, address: u64, now: i64): void {
    this.writes.push(command, false, bank, row, address, now);
  }

  /** Hands over the oldest read that is due. */
  serveReads(cycle: i64): void {
    if (this.returning === 0 || this.returnCycles[this.returnFirst] > cycle) return;
    this.returnFirst = (this.returnFirst + 1) % this.returnCycles.length;
    this.returning--;
  }

  private returnAt(cycle: i64): void {
    if (this.returning === this.returnCycles.length) this.makeRoomForReturns();
    this.returnCycles[(this.returnFirst + this.returning++) % this.returnCycles.length] = cycle;
  }

  private makeRoomForReturns(): void {
    const old = this.returnCycles;
    const wider = new StaticArray<i64>(old.length * 2);
    for (let i = 0; i < old.length; i++) wider[i] = old[(this.returnFirst + i) % old.length];
    this.returnCycles = wider;
    this.returnFirst = 0;
  }

  /** Turns between reads and writes at the watermarks. */
  chooseDirection(): void {
    if (this.writeMode) {
      if (this.writes.size <= this.device.writeModeUntil && this.reads.size > 0) {
        this.writeMode = false;
      }
    } else if (this.writes.size >= this.device.writeModeFrom || this.reads.size === 0) {
      this.writeMode = true;
    }
  }

  /** The queue being served. */
  get current(): RequestQueue {
    return this.writeMode ? this.writes : this.reads;
  }

  /** Whether a run's command would close the very bank that an active request works on. */
  closesActiveBank(run: Run): bool {
    if (run.command.closes === null) return false;
    for (let i = 0; i < this.active.runs; i++) {
      if (this.active.order[i].bank === run.bank) return true;
    }
    return false;
  }

  /** Moves the run's oldest request on after its current command issued. */
  issued(queue: RequestQueue, run: Run, position: i32, cycle: i64): void {
    const final = run.final;
    if (run.command === final) {
      if (queue === this.reads || queue === this.active && this.isRead(final)) {
        this.returnAt(cycle + this.device.readLatency);
      }
      queue.remove(position);
      return;
    }
    if (run.command.opens === null || this.fromPim || this.active.full) return;
    const bank = run.bank;
    const row = run.row;
    const address = run.address;
    const arrival = run.arrival;
    queue.remove(position);
    this.active.push(final, false, bank, row, address, arrival);
  }

  private isRead(final: Command): bool {
    for (let i = 0; i < this.device.requests.length; i++) {
      const request = this.device.requests[i];
      if (request.command === final) return request.queue === QUEUE_READ;
    }
    return false;
  }
}

/** Reads and writes: their queues, the rows being opened for them, and reads on their way back. */
import { Device, QUEUE_READ } from "./device";
import { RequestQueue } from "./request_queue";

/** Reads whose data is on the way; one is handed over a cycle, in the order they were issued. */
const RETURNING: i32 = 4096;

export class OrdinaryQueues {
  readonly reads: RequestQueue;
  readonly writes: RequestQueue;
  /** Requests whose row was opened for them: served before everything else. */
  readonly active: RequestQueue;
  /** Whether the last request that was not from `active` came from the PIM queue. */
  fromPim: bool = false;

  private writeMode: bool = false;
  private returnCycles: StaticArray<i64> = new StaticArray<i64>(RETURNING);
  private returnFirst: i32 = 0;
  private returning: i32 = 0;

  constructor(private device: Device) {
    this.reads = new RequestQueue(device.queueEntries);
    this.writes = new RequestQueue(device.queueEntries);
    this.active = new RequestQueue(device.queueEntries);
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

  /** A read of a byte that waits to be written is answered from the queue, a cycle later. */
  read(command: i32, bank: i32, row: i32, address: u64, now: i64): void {
    if (this.writes.holds(address)) this.returnAt(now + 1);
    else this.reads.push(command, false, bank, row, address);
  }

  write(command: i32, bank: i32, row: i32, address: u64): void {
    this.writes.push(command, false, bank, row, address);
  }

  /** Hands over the oldest read that is due. */
  serveReads(cycle: i64): void {
    if (this.returning === 0 || this.returnCycles[this.returnFirst] > cycle) return;
    this.returnFirst = (this.returnFirst + 1) % RETURNING;
    this.returning--;
  }

  private returnAt(cycle: i64): void {
    if (this.returning === RETURNING) unreachable();
    this.returnCycles[(this.returnFirst + this.returning++) % RETURNING] = cycle;
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

  /** Whether a command would close the very bank that an active request works on. */
  closesActiveBank(command: i32, bank: i32): bool {
    if (this.device.commands[command].closes === null) return false;
    for (let i = 0; i < this.active.runs; i++) {
      if (this.active.bank[this.active.order[i]] === bank) return true;
    }
    return false;
  }

  /** Moves a request on after its current command issued. */
  issued(queue: RequestQueue, slot: i32, position: i32, command: i32, cycle: i64): void {
    const final = queue.final[slot];
    if (command === final) {
      if (this.device.requestQueueOf(final) === QUEUE_READ) {
        this.returnAt(cycle + this.device.readLatency);
      }
      queue.remove(position);
      return;
    }
    const opens = this.device.commands[command].opens !== null;
    if (!opens || this.fromPim || this.active.full) return;
    const bank = queue.bank[slot];
    const row = queue.row[slot];
    const address = queue.address(slot);
    queue.remove(position);
    this.active.push(final, false, bank, row, address);
  }
}

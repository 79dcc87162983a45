/**
 * Test-only: one channel's controller for the tick model, as the public
 * `hbm3_pim_controller.cpp` and `all_bank_refresh_hbm3.cpp` describe it.
 *
 * @module
 */

import {
  addressOf,
  type Command,
  COMMANDS,
  type Device,
  FINAL_COMMANDS,
  type IssuedCommand,
  type TraceRequest,
} from "./hbm3_pim_rules.ts";
import { TickDevice } from "./tick_device.ts";
import { bankName, bestRequest, type QueuedRequest } from "./tick_scheduler.ts";

/** A queue takes one more as long as it holds no more than this. */
const QUEUE_LIMIT = 32;
const REFRESH_QUEUE_LIMIT = 512 * 3 + 32;

/** Write mode is entered above and left below these fills of {@linkcode QUEUE_LIMIT}. */
const WRITE_HIGH_WATERMARK = 0.8;
const WRITE_LOW_WATERMARK = 0.2;

/** What a look for a request to serve came to. */
interface Choice {
  /** The request looked at last, ready or not; undefined when the last queue had none. */
  readonly request: QueuedRequest | undefined;
  readonly queue: QueuedRequest[];
  readonly issue: boolean;
}

/** The controller of one channel. */
export class TickController {
  readonly log: IssuedCommand[] = [];
  readonly #device: TickDevice;
  readonly #spec: Device;
  readonly #channel: number;
  readonly #active: QueuedRequest[] = [];
  readonly #refreshes: QueuedRequest[] = [];
  readonly #pim: QueuedRequest[] = [];
  readonly #reads: QueuedRequest[] = [];
  readonly #writes: QueuedRequest[] = [];
  /** Cycles at which reads depart, in the order they were served. */
  readonly #departures: number[] = [];
  #cycle = 0;
  #writeMode = false;
  /** Whether the last choice that reached the PIM queue took a request from it. */
  #pimMode = false;

  constructor(spec: Device, channel: number) {
    this.#spec = spec;
    this.#channel = channel;
    this.#device = new TickDevice(spec, channel);
  }

  /** Whether a request could be accepted; it waits in its queue then. */
  send({ op, address }: TraceRequest, channels: number): boolean {
    if (op === "LD" && this.#writes.some(({ byteAddress }) => byteAddress === address)) {
      this.#departures.push(this.#cycle + 1);
      return true;
    }
    const queue = op === "LD" ? this.#reads : op === "ST" ? this.#writes : this.#pim;
    return enqueue(queue, {
      address: addressOf(address, this.#spec.organisation, channels),
      byteAddress: address,
      finalCommand: FINAL_COMMANDS[op],
      arrival: this.#cycle,
      command: FINAL_COMMANDS[op],
    });
  }

  get isPending(): boolean {
    return this.#refreshes.length > 0 || this.waiting > 0;
  }

  /** Requests that are not done, refreshes aside. */
  get waiting(): number {
    return this.#active.length + this.#pim.length + this.#reads.length + this.#writes.length +
      this.#departures.length;
  }

  /** One clock cycle: at most one row command and one column command. */
  tick(): void {
    this.#cycle++;
    if (this.#departures.length > 0 && this.#departures[0]! <= this.#cycle) {
      this.#departures.shift();
    }
    if (this.#cycle % this.#spec.timing.nREFI === 0) this.#requestRefresh();

    const first = this.#keepActiveRows(this.#chooseFirst());
    const firstCommand = first.request?.command;
    if (first.issue) this.#serve(first);
    const second = this.#keepActiveRows(this.#chooseSecond(firstCommand));
    if (second.issue) this.#serve(second);
  }

  #requestRefresh(): void {
    for (let id = 0; id < this.#spec.organisation.pseudochannels; id++) {
      const all = { rank: -1, bankgroup: -1, bank: -1, row: -1, column: -1 };
      const accepted = enqueue(this.#refreshes, {
        address: { channel: this.#channel, pseudochannel: id, ...all },
        byteAddress: -1,
        finalCommand: "REFab",
        arrival: -1,
        command: "REFab",
      }, REFRESH_QUEUE_LIMIT);
      if (!accepted) throw new Error("The refresh queue is full: the channel is stuck");
    }
  }

  /** Active requests, refreshes, PIM requests, then reads or writes; a refresh waits for no one. */
  #chooseFirst(): Choice {
    const active = this.#try(this.#active);
    if (active.issue) return active;

    const refresh = this.#tryRefresh();
    if (refresh.request !== undefined && !refresh.issue) return refresh;
    this.#pimMode = false;
    if (refresh.issue) return refresh;

    const pim = this.#try(this.#pim);
    this.#pimMode = pim.issue;
    if (pim.issue) return pim;

    return this.#try(this.#readsOrWrites());
  }

  /** As the first choice, among commands that can share the cycle with the first command. */
  #chooseSecond(firstCommand: Command | undefined): Choice {
    const fits = (command: Command) => canShareCycle(firstCommand, command);
    const active = this.#try(this.#active, fits);
    if (active.issue) return active;

    const refresh = this.#tryRefresh();
    const refreshFits = refresh.request !== undefined && fits(refresh.request.command);
    if (refreshFits && !refresh.issue) return refresh;
    this.#pimMode = false;
    if (refreshFits) return refresh;

    const pim = this.#try(this.#pim, fits);
    this.#pimMode = pim.issue;
    if (pim.issue) return pim;

    return this.#try(this.#readsOrWrites(), fits);
  }

  #try(queue: QueuedRequest[], fits: (command: Command) => boolean = () => true): Choice {
    const request = bestRequest(queue, this.#device, this.#cycle);
    const issue = request !== undefined && fits(request.command) && this.#isReady(request);
    return { request, queue, issue };
  }

  #tryRefresh(): Choice {
    const request = this.#refreshes[0];
    if (request !== undefined) {
      request.command = this.#device.prerequisite(request.finalCommand, request.address);
    }
    return {
      request,
      queue: this.#refreshes,
      issue: request !== undefined && this.#isReady(request),
    };
  }

  #isReady({ command, address }: QueuedRequest): boolean {
    return this.#device.isReady(command, address, this.#cycle);
  }

  #readsOrWrites(): QueuedRequest[] {
    const waiting = this.#writes.length;
    if (!this.#writeMode) {
      this.#writeMode = waiting > WRITE_HIGH_WATERMARK * QUEUE_LIMIT || this.#reads.length === 0;
    } else {
      this.#writeMode = waiting >= WRITE_LOW_WATERMARK * QUEUE_LIMIT || this.#reads.length === 0;
    }
    return this.#writeMode ? this.#writes : this.#reads;
  }

  /** No request closes the bank that an active request is about to use. */
  #keepActiveRows(choice: Choice): Choice {
    if (!choice.issue || !COMMANDS[choice.request!.command].closes) return choice;
    const bank = bankName(choice.request!.address);
    const inUse = this.#active.some(({ address }) => bankName(address) === bank);
    return { ...choice, issue: !inUse };
  }

  #serve({ request, queue }: Choice): void {
    const { command, address, finalCommand } = request!;
    this.#device.issue(command, address, this.#cycle);
    // A barrier takes the slot but never reaches the bus.
    if (command !== "BARRIER") this.log.push({ cycle: this.#cycle, command, ...address });
    if (command === finalCommand) {
      const { nCL, nBL } = this.#spec.timing;
      if (command === "RD") this.#departures.push(this.#cycle + nCL + nBL);
      remove(queue, request!);
    } else if (!this.#pimMode && COMMANDS[command].opens) {
      // The copy goes to the end first; when there is no room the request is lost.
      const copy = { ...request! };
      enqueue(this.#active, copy);
      remove(queue, request!);
    }
  }
}

function canShareCycle(first: Command | undefined, second: Command): boolean {
  if (first === undefined) return false;
  const slots = [COMMANDS[first].slot, COMMANDS[second].slot];
  return slots.includes("row") && slots.includes("column");
}

function enqueue(queue: QueuedRequest[], request: QueuedRequest, limit = QUEUE_LIMIT): boolean {
  if (queue.length > limit) return false;
  queue.push(request);
  return true;
}

function remove(queue: QueuedRequest[], request: QueuedRequest): void {
  queue.splice(queue.indexOf(request), 1);
}

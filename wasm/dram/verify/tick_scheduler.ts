/**
 * Test-only: the choice of the best request of a queue for the tick model, as the public
 * `pim_scheduler.cpp` describes it.
 *
 * @module
 */

import { type Address, type Command, COMMANDS } from "./hbm3_pim_rules.ts";
import type { TickDevice } from "./tick_device.ts";

/** A request inside a controller. */
export interface QueuedRequest {
  readonly address: Address;
  readonly byteAddress: number;
  readonly finalCommand: Command;
  /** Ticks the controller had done when the request came. */
  readonly arrival: number;
  /** What has to be issued now, as of the last look. */
  command: Command;
}

/**
 * The request to try next, or undefined when there is none. Looking has a side effect: a barrier
 * at the head of the queue is removed.
 */
export function bestRequest(
  queue: QueuedRequest[],
  device: TickDevice,
  cycle: number,
): QueuedRequest | undefined {
  if (queue.length === 0) return undefined;
  for (const request of queue) {
    request.command = device.prerequisite(request.finalCommand, request.address);
  }
  const hits = queue.filter((request) => device.isRowHit(request.command, request.address));
  const hitBanks = new Set(hits.map(bankOf));

  if (queue[0]?.finalCommand === "BARRIER") queue.shift();
  if (queue.length === 0) return undefined;

  let best = queue[0]!;
  let behindBarrier = false;
  for (const request of queue.slice(1)) {
    if (request.finalCommand === "BARRIER") behindBarrier = true;
    const { opens, closes } = COMMANDS[request.command];
    if (behindBarrier && !opens && !closes) continue;
    best = prefer(best, request, hitBanks, device, cycle);
  }
  return best;
}

function prefer(
  first: QueuedRequest,
  second: QueuedRequest,
  hitBanks: ReadonlySet<string>,
  device: TickDevice,
  cycle: number,
): QueuedRequest {
  const firstReady = device.isReady(first.command, first.address, cycle);
  const secondReady = device.isReady(second.command, second.address, cycle);
  if (firstReady === secondReady) return first.arrival <= second.arrival ? first : second;
  if (firstReady) return first;
  const disturbsHits = !device.isRowHit(second.command, second.address) &&
    hitBanks.has(bankOf(second));
  return disturbsHits ? first : second;
}

function bankOf({ address }: QueuedRequest): string {
  return bankName(address);
}

/** Names the bank of an address, for comparison. */
export function bankName({ channel, pseudochannel, rank, bankgroup, bank }: Address): string {
  return [channel, pseudochannel, rank, bankgroup, bank].join();
}

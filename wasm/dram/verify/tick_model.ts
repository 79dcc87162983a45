/**
 * Test-only: a plain tick-by-tick model of the HBM3-PIM memory, to compare the cycle engine with.
 *
 * It does everything every cycle and skips nothing. Written from the published behaviour of the
 * AttAcc simulator's memory (front end, controller, scheduler, refresh) and from nothing of the
 * engine.
 *
 * @module
 */

import {
  addressOf,
  deviceOf,
  FINAL_COMMANDS,
  type IssuedCommand,
  type Operation,
  type TraceRequest,
} from "./hbm3_pim_rules.ts";
import { TickController } from "./tick_controller.ts";

/** Which memory to model. */
export interface TickOptions {
  /** An organisation preset, e.g. `"HBM3_8Gb_2R"`. */
  readonly organisation: string;
  /** A timing preset, e.g. `"HBM3_5.2Gbps"`. */
  readonly timing: string;
  readonly channels: number;
}

/** What running a trace came to. */
export interface TickResult {
  /** Memory clock cycles until every queue is empty. */
  readonly cycles: number;
  /** Accepted requests by operation. */
  readonly counts: Record<Operation, number>;
  /** Issued commands of each channel, in order. */
  readonly log: IssuedCommand[][];
}

/**
 * Runs a trace to its end.
 *
 * @throws {RangeError} when a preset does not exist
 * @throws {Error} when nothing can happen any more
 */
export function runTicks(options: TickOptions, requests: readonly TraceRequest[]): TickResult {
  const { channels } = options;
  const device = deviceOf(options);
  const controllers = Array.from(
    { length: channels },
    (_, channel) => new TickController(device, channel),
  );
  const operations = Object.keys(FINAL_COMMANDS) as Operation[];
  const counts = Object.fromEntries(operations.map((op) => [op, 0])) as Record<Operation, number>;
  let sent = 0;
  let cycles = 0;
  let lastSent = 0;

  do {
    for (; sent < requests.length; sent++) {
      const request = requests[sent]!;
      const { channel } = addressOf(request.address, device.organisation, channels);
      if (!controllers[channel]!.send(request, channels)) break;
      counts[request.op]++;
      lastSent = cycles;
    }
    cycles++;
    for (const controller of controllers) controller.tick();

    for (const controller of controllers) {
      const lastChange = Math.max(lastSent, controller.log.at(-1)?.cycle ?? 0);
      if (controller.isPending && cycles - lastChange > 3 * device.timing.nREFI) {
        throw new Error(`Expected progress but nothing has happened since cycle ${lastChange}`);
      }
    }
  } while (sent < requests.length || controllers.some(({ isPending }) => isPending));

  return { cycles, counts, log: controllers.map(({ log }) => log) };
}

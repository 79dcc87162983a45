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
  type Device,
  deviceOf,
  FINAL_COMMANDS,
  type IssuedCommand,
  type Operation,
  type TraceRequest,
} from "./hbm3_pim_rules.ts";
import { TickController } from "./tick_controller.ts";

/** Which memory to model. */
export interface TickOptions extends TickLength {
  /** An organisation preset, e.g. `"HBM3_8Gb_2R"`. */
  readonly organisation: string;
  /** A timing preset, e.g. `"HBM3_5.2Gbps"`. */
  readonly timing: string;
}

/** A memory that has no presets. */
export interface TickDeviceOptions extends TickLength {
  readonly device: Device;
}

interface TickLength {
  readonly channels: number;
  /** Gives up after so many cycles; none by default. */
  readonly cycleLimit?: number;
  /** Gives up when so many cycles pass in which no request comes or goes; none by default. */
  readonly stallLimit?: number;
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
 * @throws {Error} when a refresh queue overflows, or a limit is reached
 */
export function runTicks(
  options: TickOptions | TickDeviceOptions,
  requests: readonly TraceRequest[],
): TickResult {
  const { channels, cycleLimit = Infinity, stallLimit = Infinity } = options;
  const device = "device" in options ? options.device : deviceOf(options);
  const controllers = Array.from(
    { length: channels },
    (_, channel) => new TickController(device, channel),
  );
  const operations = Object.keys(FINAL_COMMANDS) as Operation[];
  const counts = Object.fromEntries(operations.map((op) => [op, 0])) as Record<Operation, number>;
  let sent = 0;
  let cycles = 0;
  let [waiting, changed] = [0, 0];

  do {
    const before = sent;
    for (; sent < requests.length; sent++) {
      const request = requests[sent]!;
      const { channel } = addressOf(request.address, device.organisation, channels);
      if (!controllers[channel]!.send(request, channels)) break;
      counts[request.op]++;
    }
    cycles++;
    for (const controller of controllers) controller.tick();

    const left = controllers.reduce((sum, controller) => sum + controller.waiting, 0);
    if (sent !== before || left !== waiting) [waiting, changed] = [left, cycles];
    if (cycles - changed > stallLimit) {
      throw new Error(`Expected progress within ${stallLimit} cycles`);
    }
    if (cycles > cycleLimit) throw new Error(`Expected an end within ${cycleLimit} cycles`);
  } while (sent < requests.length || controllers.some(({ isPending }) => isPending));

  return { cycles, counts, log: controllers.map(({ log }) => log) };
}

/**
 * The cycle engine: requests in, cycles, counters and issued commands out.
 *
 * @module
 */
import { buildModule } from "../../wasm/build.ts";
import { type Device, type DeviceOptions, resolveDevice } from "../../wasm/dram/device.ts";
import { deviceImage } from "../../wasm/dram/device_image.ts";
import type { Standard } from "../../wasm/dram/standard.ts";
import { HBM3_PIM } from "../../wasm/dram/standards/hbm3_pim.ts";

/** One line of a text trace. */
export interface TraceRequest {
  /** The word of the trace, e.g. `"PIM_MAC_AB"`. */
  readonly op: string;
  /** Byte address, a whole number from 0 to 2^53 - 1. */
  readonly address: number;
}

/** One command a channel issued. Ids a command has no use for are -1. */
export interface IssuedCommand {
  readonly cycle: number;
  readonly command: string;
  readonly channel: number;
  readonly pseudochannel: number;
  readonly rank: number;
  readonly bankgroup: number;
  readonly bank: number;
  readonly row: number;
  readonly column: number;
}

/** What a run came to. */
export interface EngineResult {
  /** Memory clock cycles until every queue was empty. */
  readonly cycles: number;
  /** Requests accepted by word of the trace; barriers are counted too. */
  readonly counts: Readonly<Record<string, number>>;
}

/** One channel that is told which commands issue and asked which may. */
interface ChannelProbe {
  /** Issues a command in a cycle, whether it is ready or not. */
  issue(command: string, address: number, cycle: number): void;
  /** The first cycle in which a command may issue; 0 when nothing holds it back. */
  readyAt(command: string, address: number): number;
  /** What has to be issued now so that a command can be issued in the end. */
  prerequisite(command: string, address: number): string;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  imageBuffer(words: number): number;
  configure(): void;
  addressBuffer(): number;
  kindBuffer(): number;
  bufferRequests(): number;
  begin(loggedChannel: number): void;
  sendBuffer(count: number): void;
  finish(): bigint;
  accepted(request: number): bigint;
  logEntries(): number;
  logPointer(): number;
  logWords(): number;
  clearLog(): void;
  failure(): number;
  probeClear(): void;
  probeIssue(command: number, address: bigint, cycle: bigint): void;
  probeReadyAt(command: number, address: bigint): bigint;
  probePrerequisite(command: number, address: bigint): number;
}

/** `STUCK` of `wasm/dram/assembly/failure.ts`. */
const STUCK = 1;

/**
 * One memory that can be run any number of times.
 *
 * @example
 * ```ts
 * import { DramEngine } from "./engine.ts";
 * import { equal } from "node:assert/strict";
 *
 * const engine = await DramEngine.open({
 *   organisation: "HBM3_8Gb_2R",
 *   timing: "HBM3_5.2Gbps",
 *   channels: 16,
 * });
 * // The row is opened in cycle 1 and read nRCDRD = 19 cycles later.
 * equal(engine.run([{ op: "PIM_MAC_AB", address: 0 }]).cycles, 20);
 * ```
 */
export class DramEngine {
  readonly device: Device;
  readonly #exports: Exports;
  readonly #kindOf: ReadonlyMap<string, number>;
  readonly #commands: readonly string[];
  #loggedChannel = -1;

  private constructor(device: Device, exports: Exports) {
    this.device = device;
    this.#exports = exports;
    this.#kindOf = new Map(device.standard.requests.map(({ trace }, kind) => [trace, kind]));
    this.#commands = Object.keys(device.standard.commands);
    const image = deviceImage(device);
    const pointer = exports.imageBuffer(image.length);
    new Int32Array(exports.memory.buffer, pointer, image.length).set(image);
    exports.configure();
  }

  /**
   * Builds a memory.
   *
   * @throws {RangeError} when the standard has no such organisation or timing
   */
  static async open(options: DeviceOptions, standard: Standard = HBM3_PIM): Promise<DramEngine> {
    return await DramEngine.of(resolveDevice(standard, options));
  }

  /** Builds the memory of a device. */
  static async of(device: Device): Promise<DramEngine> {
    const { bytes } = await buildModule("dram/assembly/index.ts", ["dram/assembly"]);
    const { instance } = await WebAssembly.instantiate(bytes);
    return new DramEngine(device, instance.exports as unknown as Exports);
  }

  /**
   * Begins a run.
   *
   * @param loggedChannel channel whose issued commands are kept for {@linkcode takeLog}
   * @throws {RangeError} when there is no such channel
   */
  begin(loggedChannel = -1) {
    if (loggedChannel >= this.device.counts.channel) {
      throw new RangeError(
        `Expected a channel below ${this.device.counts.channel} but found ${loggedChannel}`,
      );
    }
    this.#loggedChannel = loggedChannel;
    this.#exports.begin(loggedChannel);
  }

  /**
   * Sends requests in order.
   *
   * @throws {RangeError} when an operation is unknown, or requests undo each other for ever
   */
  send(requests: Iterable<TraceRequest>) {
    const { addressBuffer, kindBuffer, bufferRequests, memory, sendBuffer } = this.#exports;
    const capacity = bufferRequests();
    const views = () =>
      [
        new Uint32Array(memory.buffer, addressBuffer(), 2 * capacity),
        new Uint8Array(memory.buffer, kindBuffer(), capacity),
      ] as const;
    let [addresses, kinds] = views();
    let filled = 0;
    const flush = () => {
      this.#guarded(() => sendBuffer(filled));
      filled = 0;
      [addresses, kinds] = views();
    };
    for (const { op, address } of requests) {
      const kind = this.#kindOf.get(op);
      if (kind === undefined) {
        throw new RangeError(
          `Expected one of ${[...this.#kindOf.keys()].join(", ")} but found ${JSON.stringify(op)}`,
        );
      }
      addresses[2 * filled] = address;
      addresses[2 * filled + 1] = address / 2 ** 32;
      kinds[filled++] = kind;
      if (filled === capacity) flush();
    }
    flush();
  }

  /**
   * Runs until every queue is empty.
   *
   * @throws {RangeError} when requests undo each other for ever
   */
  finish(): EngineResult {
    const cycles = Number(this.#guarded(() => this.#exports.finish()));
    const counts = Object.fromEntries(
      this.device.standard.requests.map(({ trace }, kind) => [
        trace,
        Number(this.#exports.accepted(kind)),
      ]),
    );
    return { cycles, counts };
  }

  /** Names the failure when the engine gives up on purpose. */
  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (this.#exports.failure() !== STUCK) throw error;
      throw new RangeError(
        "Expected every request to be served in the end but found some of one channel that open " +
          "and close each other's rows for ever",
      );
    }
  }

  /** The commands the logged channel issued since the run began or the log was last taken. */
  takeLog(): IssuedCommand[] {
    const entries = this.#exports.logEntries();
    if (entries === 0) return [];
    const width = this.#exports.logWords();
    const words = new Int32Array(
      this.#exports.memory.buffer,
      this.#exports.logPointer(),
      entries * width,
    );
    const log = Array.from({ length: entries }, (_, i) => {
      const [low, high, command, pseudochannel, rank, bankgroup, bank, row, column] = words
        .subarray(i * width, (i + 1) * width) as unknown as number[];
      return {
        cycle: (high! * 2 ** 32) + (low! >>> 0),
        command: this.#commands[command!]!,
        channel: this.#loggedChannel,
        pseudochannel: pseudochannel!,
        rank: rank!,
        bankgroup: bankgroup!,
        bank: bank!,
        row: row!,
        column: column!,
      };
    });
    this.#exports.clearLog();
    return log;
  }

  /** A channel without a controller, for questions about single commands. */
  probe(): ChannelProbe {
    this.#exports.probeClear();
    const index = (command: string) => {
      const found = this.#commands.indexOf(command);
      if (found >= 0) return found;
      throw new RangeError(
        `Expected one of ${this.#commands.join(", ")} but found ${JSON.stringify(command)}`,
      );
    };
    return {
      issue: (command, address, cycle) =>
        this.#exports.probeIssue(index(command), BigInt(address), BigInt(cycle)),
      readyAt: (command, address) =>
        Number(this.#exports.probeReadyAt(index(command), BigInt(address))),
      prerequisite: (command, address) =>
        this.#commands[this.#exports.probePrerequisite(index(command), BigInt(address))]!,
    };
  }

  /**
   * Runs a whole trace.
   *
   * @throws {RangeError} when an operation is unknown, or requests undo each other for ever
   */
  run(requests: Iterable<TraceRequest>): EngineResult {
    this.begin();
    this.send(requests);
    return this.finish();
  }
}

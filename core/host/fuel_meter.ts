import { Stopped, type StopSignal } from "./stop_signal.ts";

/**
 * Fuel that is handed out at a time: a tenth of a second's worth or so. Between two of these a
 * plugin runs on whatever happens outside, and cannot be stopped.
 */
const SLICE = 200_000_000;

/**
 * Holds the fuel at hand, which JavaScript else reads and writes as a bigint:
 *
 *     (module
 *       (func $refill (export "refill") (import "host" "refill"))
 *       (global $fuel (export "fuel") (mut i64) (i64.const 0))
 *       (func (export "left") (result f64) (f64.convert_i64_s (global.get $fuel)))
 *       (func (export "set") (param f64) (global.set $fuel (i64.trunc_sat_f64_s (local.get 0)))))
 */
const TANK_MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x0c, 0x03, 0x60, 0x00, 0x00, 0x60, 0x00, 0x01, 0x7c, 0x60, 0x01, 0x7c, 0x00],
  ...[0x02, 0x0f, 0x01, 0x04, ...ascii("host"), 0x06, ...ascii("refill"), 0x00, 0x00],
  ...[0x03, 0x03, 0x02, 0x01, 0x02],
  ...[0x06, 0x06, 0x01, 0x7e, 0x01, 0x42, 0x00, 0x0b],
  ...[0x07, 0x1e, 0x04],
  ...[0x06, ...ascii("refill"), 0x00, 0x00, 0x04, ...ascii("fuel"), 0x03, 0x00],
  ...[0x04, ...ascii("left"), 0x00, 0x01, 0x03, ...ascii("set"), 0x00, 0x02],
  ...[0x0a, 0x10, 0x02],
  ...[0x05, 0x00, 0x23, 0x00, 0xb9, 0x0b],
  ...[0x08, 0x00, 0x20, 0x00, 0xfc, 0x06, 0x24, 0x00, 0x0b],
]);

let tankModule: WebAssembly.Module | undefined;

interface Tank {
  /** A global that refers to a function takes only functions of WebAssembly. */
  readonly refill: WebAssembly.ExportValue;
  readonly fuel: WebAssembly.Global;
  left(): number;
  set(fuel: number): void;
}

/** Thrown into a component that has no fuel left. */
export class FuelSpent extends Error {
  override readonly name = "FuelSpent";
}

/**
 * The fuel of one instance. It is handed out in slices, and whenever one is spent the component calls
 * back: nothing else reaches a component that computes, a worker's `terminate()` included.
 */
export class FuelMeter {
  readonly #tank: Tank;
  readonly #limit: number;
  #kept = 0;

  /**
   * @param limit Fuel of one call, a whole number
   * @param stop Heeded whenever a slice is spent
   */
  constructor(limit: number, private readonly stop?: StopSignal) {
    this.#limit = limit;
    tankModule ??= new WebAssembly.Module(TANK_MODULE);
    const { exports } = new WebAssembly.Instance(tankModule, {
      host: { refill: () => this.#refill() },
    });
    this.#tank = exports as unknown as Tank;
  }

  /** What instrumented modules import. */
  get imports(): { readonly fuel: WebAssembly.Global; readonly refill: WebAssembly.ExportValue } {
    const { fuel, refill } = this.#tank;
    return { fuel, refill };
  }

  /** Fills up before a call. */
  fill(): void {
    this.stop?.restart();
    const first = Math.min(this.#limit, SLICE);
    this.#kept = this.#limit - first;
    this.#tank.set(first);
  }

  /** Fuel taken since {@linkcode fill}. */
  get used(): number {
    return this.#limit - this.#kept - this.#tank.left();
  }

  #refill(): void {
    if (this.stop?.isDue()) throw new Stopped();
    let left = this.#tank.left();
    if (left + this.#kept < 0) throw new FuelSpent();
    while (left < 0) {
      const slice = Math.min(this.#kept, SLICE);
      this.#kept -= slice;
      left += slice;
    }
    this.#tank.set(left);
  }
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

import { Stopped, type StopSignal } from "./stop_signal.ts";

/**
 * Fuel that is handed out at a time: a tenth of a second's worth or so. Between two of these a
 * plugin runs on whatever happens outside, and cannot be stopped.
 */
const SLICE = 200_000_000n;

/** `(module (import "host" "refill" (func)) (export "refill" (func 0)))`. */
const REFILL_MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x02, 0x0f, 0x01, 0x04, ...ascii("host"), 0x06, ...ascii("refill"), 0x00, 0x00],
  ...[0x07, 0x0a, 0x01, 0x06, ...ascii("refill"), 0x00, 0x00],
]);

let refillModule: WebAssembly.Module | undefined;

/** Thrown into a component that has no fuel left. */
export class FuelSpent extends Error {
  override readonly name = "FuelSpent";
}

/**
 * The fuel of one instance. It is handed out in slices, and whenever one is spent the component calls
 * back: nothing else reaches a component that computes, a worker's `terminate()` included.
 */
export class FuelMeter {
  readonly #atHand = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  readonly #limit: bigint;
  #kept = 0n;
  /** What instrumented modules import. */
  readonly imports: { readonly fuel: WebAssembly.Global; readonly refill: WebAssembly.ExportValue };

  /**
   * @param limit Fuel of one call
   * @param stop Heeded whenever a slice is spent
   */
  constructor(limit: number, private readonly stop?: StopSignal) {
    this.#limit = BigInt(limit);
    // A global that refers to a function takes only functions of WebAssembly.
    refillModule ??= new WebAssembly.Module(REFILL_MODULE);
    const { exports } = new WebAssembly.Instance(refillModule, {
      host: { refill: () => this.#refill() },
    });
    this.imports = { fuel: this.#atHand, refill: exports.refill! };
  }

  /** Fills up before a call. */
  fill(): void {
    this.stop?.restart();
    this.#atHand.value = 0n;
    this.#kept = this.#limit;
    this.#handOut();
  }

  /** Fuel taken since {@linkcode fill}. */
  get used(): number {
    return Number(this.#limit - this.#kept - this.#left);
  }

  get #left(): bigint {
    return this.#atHand.value as bigint;
  }

  #refill(): void {
    if (this.stop?.isDue()) throw new Stopped();
    if (this.#left + this.#kept < 0n) throw new FuelSpent();
    while (this.#left < 0n) this.#handOut();
  }

  #handOut(): void {
    const slice = this.#kept < SLICE ? this.#kept : SLICE;
    this.#kept -= slice;
    this.#atHand.value = this.#left + slice;
  }
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Thrown into a component that is to stop. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** The thread that waits is to be the first to notice, since it ends all of a worker's instances. */
const GRACE_MS = 1000;

/**
 * Tells a thread that computes to stop: because another wishes so, or because its call has had its
 * time, which holds even where that other thread is gone.
 */
export class StopSignal {
  readonly #flag: Int32Array<SharedArrayBuffer>;
  readonly #widerFlag: Int32Array<SharedArrayBuffer> | undefined;
  #deadline = Infinity;

  /**
   * @param wallMs time of a call, in milliseconds; infinite where nothing ends one but a wish
   * @param buffer of the signal to share; a new one unless given
   * @param wider the buffer of a signal that stops this one with others
   */
  constructor(
    private readonly wallMs: number,
    readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(4),
    wider?: SharedArrayBuffer,
  ) {
    this.#flag = new Int32Array(buffer);
    this.#widerFlag = wider && new Int32Array(wider);
  }

  /** Wishes to stop, for good. */
  set(): void {
    Atomics.store(this.#flag, 0, 1);
  }

  /** Starts the clock of a call. */
  restart(): void {
    this.#deadline = performance.now() + this.wallMs + GRACE_MS;
  }

  /** Whether it is time to stop. */
  isDue(): boolean {
    return isSet(this.#flag) || (this.#widerFlag !== undefined && isSet(this.#widerFlag)) ||
      performance.now() > this.#deadline;
  }
}

function isSet(flag: Int32Array<SharedArrayBuffer>): boolean {
  return Atomics.load(flag, 0) !== 0;
}

/** Thrown into a component that is to stop. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** The thread that waits is to be the first to notice, since it ends all of a worker's instances. */
const GRACE_MS = 1000;

/**
 * Tells a worker that computes to stop: because another thread wishes so, or because its call has
 * had its time, which holds even where that other thread is gone.
 */
export class StopSignal {
  readonly #flag: Int32Array<SharedArrayBuffer>;
  #deadline = Infinity;

  /**
   * @param wallMs time of a call, in milliseconds
   * @param buffer of the signal to share; a new one unless given
   */
  constructor(private readonly wallMs: number, readonly buffer = new SharedArrayBuffer(4)) {
    this.#flag = new Int32Array(buffer);
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
    return Atomics.load(this.#flag, 0) !== 0 || performance.now() > this.#deadline;
  }
}

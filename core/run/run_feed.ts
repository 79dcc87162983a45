/** How often changes by other processes are looked for. */
const POLL_MS = 250;

/** Tells those who wait for a run that it changed. */
export class RunFeed {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Says that a run changed. */
  notify(id: string) {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  /** Ends when a run changed here, when it may have changed elsewhere, or when aborted. */
  changed(id: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const all = this.#waiting.get(id) ?? new Set();
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        all.delete(wake);
        if (all.size === 0) this.#waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(wake, POLL_MS);
      this.#waiting.set(id, all.add(wake));
      signal?.addEventListener("abort", wake);
      if (signal?.aborted) wake();
    });
  }
}

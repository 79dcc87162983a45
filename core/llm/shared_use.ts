/**
 * A state that some actions need: it begins with the first of those that overlap and ends with the
 * last.
 *
 * @example
 * ```ts
 * import { SharedUse } from "./shared_use.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const events: string[] = [];
 * const light = new SharedUse(() => events.push("on"), () => events.push("off"));
 * const nap = () => new Promise<void>((resolve) => setTimeout(resolve));
 * await Promise.all([light.during(nap), light.during(nap)]);
 * deepEqual(events, ["on", "off"]);
 * ```
 */
export class SharedUse {
  #users = 0;

  constructor(private readonly begin: () => void, private readonly end: () => void) {}

  /** Runs an action while the state lasts. */
  async during<T>(action: () => Promise<T>): Promise<T> {
    if (this.#users++ === 0) this.begin();
    try {
      return await action();
    } finally {
      if (--this.#users === 0) this.end();
    }
  }
}

/**
 * Time spent in a component's own code, to tell it from what the host adds to a call.
 *
 * @module
 */

/** What core modules name the functions of a contract by: `"kvpim:policy/policy@0.1.0#..."`. */
const CONTRACT_FUNCTION = /^kvpim:[^#]*#/;

/** Times the functions of the contract in every component instantiated on this thread from now on. */
export class CoreClock {
  #milliseconds = 0;

  private constructor() {}

  /** Stands in for `WebAssembly.Instance`: its instances export functions that are timed. */
  static install(): CoreClock {
    const clock = new CoreClock();
    WebAssembly.Instance = class extends WebAssembly.Instance {
      constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
        super(module, imports);
        Object.defineProperty(this, "exports", { value: clock.#timedAll(this.exports) });
      }
    };
    return clock;
  }

  /** Milliseconds in the component since this was asked for the last time. */
  take(): number {
    const taken = this.#milliseconds;
    this.#milliseconds = 0;
    return taken;
  }

  #timedAll(exports: WebAssembly.Exports): WebAssembly.Exports {
    return Object.fromEntries(
      Object.entries(exports).map(([name, value]) => [
        name,
        typeof value === "function" && CONTRACT_FUNCTION.test(name) ? this.#timed(value) : value,
      ]),
    );
  }

  #timed(run: CallableFunction): CallableFunction {
    return (...values: unknown[]) => {
      const start = performance.now();
      try {
        return run(...values);
      } finally {
        this.#milliseconds += performance.now() - start;
      }
    };
  }
}

/** One thing that must hold of every plugin of a kind. */
export interface Check<Tested> {
  /** What must hold, as a statement. */
  readonly name: string;
  /** Why it cannot be asked of this plugin, if so; it is then not run. */
  readonly leftOut?: (tested: Tested) => Promise<string | undefined>;
  /**
   * @returns what is worth knowing although it may be so, if anything
   * @throws {ConformanceError | PluginFailure} where it does not hold
   */
  readonly run: (tested: Tested) => Promise<string | void>;
}

/** A plugin does something else than it must. */
export class ConformanceError extends Error {
  override readonly name = "ConformanceError";
}

/**
 * Makes sure of something.
 *
 * @throws {ConformanceError} "expected … but found …" where it does not hold
 *
 * @example
 * ```ts
 * import { expect } from "./check.ts";
 * import { throws } from "node:assert/strict";
 *
 * expect(1 < 2, "more", "less");
 * throws(() => expect(1 > 2, "more", "less"), { message: "expected more but found less" });
 * ```
 */
export function expect(holds: boolean, expected: string, found: string): void {
  if (!holds) throw new ConformanceError(`expected ${expected} but found ${found}`);
}

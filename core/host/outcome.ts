import type { Limits } from "./limits.ts";

/** Why a file is not run at all. */
export type Refusal =
  | { readonly why: "too-large"; readonly bytes: number; readonly limit: number }
  /** No WebAssembly at all, or damaged. */
  | { readonly why: "not-a-component"; readonly detail: string }
  /** A core module, which would need a component around it. */
  | { readonly why: "core-module" }
  | { readonly why: "forbidden-import"; readonly imports: readonly string[] }
  | { readonly why: "missing-export"; readonly exports: readonly string[] }
  | { readonly why: "forbidden-feature"; readonly feature: string }
  | { readonly why: "starts-too-large"; readonly detail: string };

/** What a call used. Fuel is the same in every process and on every machine. */
export interface Usage {
  readonly fuel: number;
  /** Bytes of linear memory after the call. */
  readonly memoryBytes: number;
}

/**
 * What the machine said when a plugin trapped. How deep a plugin may recurse before `stack-overflow`
 * depends on the machine; the outcome of a call that stays well below does not.
 */
export type TrapReason =
  | "unreachable"
  | "memory-access"
  | "stack-overflow"
  | "integer-arithmetic"
  | "indirect-call"
  | "other";

/**
 * How a call to a plugin ended. `E` is the contract's own error: the plugin ran and declined.
 */
export type Outcome<T, E = never> =
  | { readonly kind: "ok"; readonly value: T; readonly usage: Usage }
  | { readonly kind: "declined"; readonly error: E; readonly usage: Usage }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | {
    readonly kind: "trapped";
    readonly reason: TrapReason;
    /** Functions, innermost first, by the names the plugin's build left in. */
    readonly stack: readonly string[];
  }
  | { readonly kind: "out-of-fuel"; readonly limit: number }
  | { readonly kind: "out-of-time"; readonly limitMs: number }
  | { readonly kind: "out-of-memory"; readonly limitBytes: number }
  /** It answered, but not what the contract promises. */
  | { readonly kind: "broke-contract"; readonly breach: string };

/** Thrown by {@linkcode unwrap}. The message is one line for people. */
export class PluginFailure extends Error {
  override readonly name = "PluginFailure";
  constructor(readonly outcome: Exclude<Outcome<unknown, unknown>, { kind: "ok" }>, name?: string) {
    super(`${name === undefined ? "" : `${name}: `}${describeOutcome(outcome)}`);
  }
}

/**
 * The value of a call that worked.
 *
 * @param name what to call the plugin where it did not
 * @throws {PluginFailure} if it did not
 */
export function unwrap<T>(outcome: Outcome<T, unknown>, name?: string): T {
  if (outcome.kind === "ok") return outcome.value;
  throw new PluginFailure(outcome, name);
}

/** One line for people. */
export function describeOutcome(outcome: Outcome<unknown, unknown>): string {
  switch (outcome.kind) {
    case "ok":
      return "worked";
    case "declined":
      return `declined: ${JSON.stringify(outcome.error)}`;
    case "refused":
      return `refused: ${describeRefusal(outcome.refusal)}`;
    case "trapped":
      return `trapped (${outcome.reason}) in ${outcome.stack.join(" < ") || "an unnamed function"}`;
    case "out-of-fuel":
      return `ran out of fuel: more than ${outcome.limit} in one call`;
    case "out-of-time":
      return `ran out of time: more than ${outcome.limitMs} ms in one call`;
    case "out-of-memory":
      return `ran out of memory: more than ${outcome.limitBytes} bytes`;
    case "broke-contract":
      return `broke the contract: ${outcome.breach}`;
  }
}

function describeRefusal(refusal: Refusal): string {
  switch (refusal.why) {
    case "too-large":
      return `the file has ${refusal.bytes} bytes, at most ${refusal.limit} are allowed`;
    case "not-a-component":
      return `not a WebAssembly component (${refusal.detail})`;
    case "core-module":
      return "a core module, not a component";
    case "forbidden-import":
      return `it imports ${firstOf(refusal.imports)}; a plugin may import nothing`;
    case "missing-export":
      return `it does not export ${refusal.exports.join(" or ")}`;
    case "forbidden-feature":
      return `it uses ${refusal.feature}`;
    case "starts-too-large":
      return refusal.detail;
  }
}

/** Names that are told of a list, which may be a thousand. */
export const SHOWN_NAMES = 20;

function firstOf(names: readonly string[]): string {
  const rest = names.length - SHOWN_NAMES;
  return names.slice(0, SHOWN_NAMES).join(", ") + (rest > 0 ? ` and ${rest} others` : "");
}

/** Limits a run states along with what it used. */
export interface LimitReport {
  readonly limits: Limits;
  /** The most fuel one call took. */
  readonly mostFuelPerCall: number;
  /** Most bytes one instance held. */
  readonly mostMemoryBytes: number;
}

/** A mistake of the person at the terminal: shown as one line, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/**
 * A line "expected … but found …".
 *
 * @example
 * ```ts
 * import { unexpected } from "./user_error.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(unexpected("a whole number", "x").message, 'expected a whole number but found "x"');
 * ```
 */
export function unexpected(expected: string, found: string): UserError {
  return new UserError(`expected ${expected} but found ${JSON.stringify(found.slice(0, 80))}`);
}

/**
 * Says where a mistake is: puts a place before the message of a {@linkcode UserError} or a
 * `RangeError` that an action throws.
 *
 * @example
 * ```ts
 * import { locating, unexpected } from "./user_error.ts";
 * import { throws } from "node:assert/strict";
 *
 * throws(
 *   () => locating("--lin", () => { throw unexpected("a whole number", "x"); }),
 *   { message: '--lin: expected a whole number but found "x"' },
 * );
 * ```
 */
export function locating<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw located(place, error);
  }
}

/** {@linkcode locating} for an action that takes time. */
export async function locatingAsync<T>(place: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw located(place, error);
  }
}

function located(place: string, error: unknown): unknown {
  if (!(error instanceof UserError || isCheck(error))) return error;
  return new UserError(`${place}: ${lowerFirst(error.message)}`);
}

/** A message of the core as the rest of a line. */
export function lowerFirst(text: string): string {
  return text.startsWith("Expected") ? `e${text.slice(1)}` : text;
}

/** Turns a `RangeError` of a core that checks what a user gave into a {@linkcode UserError}. */
export function userFacing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw isCheck(error) ? new UserError(lowerFirst(error.message)) : error;
  }
}

/** {@linkcode userFacing} for an action that takes time. */
export async function userFacingAsync<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw isCheck(error) ? new UserError(lowerFirst(error.message)) : error;
  }
}

/** Whether the core refused a value; a `RangeError` of the engine says nothing of what it expected. */
function isCheck(error: unknown): error is RangeError {
  return error instanceof RangeError && /\bexpected\b/i.test(error.message);
}

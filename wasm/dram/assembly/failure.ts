/** Why a run cannot go on, for whoever started it to read. */

/** Requests of a channel undo each other's work and none is ever served. */
export const STUCK: i32 = 1;

let reason: i32 = 0;

/** Ends the run: what is sent from here on is not looked at. */
export function fail(why: i32): void {
  reason = why;
}

/** Why the run ended; 0 while it has not failed. */
export function failure(): i32 {
  return reason;
}

/** Forgets an earlier failure. */
export function clearFailure(): void {
  reason = 0;
}

/** Why a run cannot go on, for the host to read after the trap. */

/** Requests of a channel undo each other's work and none is ever served. */
export const STUCK: i32 = 1;

let reason: i32 = 0;

/** Ends the run. */
export function fail(why: i32): void {
  reason = why;
  unreachable();
}

/** Why the last run trapped; 0 when it did not fail on purpose. */
export function failure(): i32 {
  return reason;
}

/** Forgets an earlier failure. */
export function clearFailure(): void {
  reason = 0;
}

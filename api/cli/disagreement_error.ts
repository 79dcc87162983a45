/** A check that was asked for found a difference: exit code 1. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}

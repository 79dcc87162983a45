/** A store that cannot be used or holds what it should not. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

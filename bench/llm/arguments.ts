// deno-lint-ignore-file no-console -- it says what is wrong with a command line
/**
 * Arguments of the benches.
 *
 * @module
 */

/** An argument that a bench does not know. */
class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/**
 * One of some words.
 *
 * @throws {ArgumentError} when it is none of them
 */
export function wordOf<const T extends string>(
  argument: string | undefined,
  words: readonly T[],
): T {
  const found = words.find((word) => word === argument);
  if (found !== undefined) return found;
  throw new ArgumentError(`expected one of ${words.join(", ")} but found ${argument ?? "none"}`);
}

/** Ends the process with one line and exit code 2 where an action finds a wrong argument. */
export function orUsage<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}

import { SpecError } from "../spec_error.ts";

/**
 * Does what may find a system's options wrong.
 *
 * @param place JSON pointer to the options
 * @throws {SpecError} the mistake, with the place of the option that the message names
 */
export function locatedIn<T>(place: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof RangeError) || error instanceof SpecError) throw error;
    throw new SpecError(place + pointerOf(error.message), error.message);
  }
}

/** The system's messages name fields as options of a command line. */
function pointerOf(message: string): string {
  const option = /--(\w+)(?: (\S+))?/.exec(message);
  if (!option) return "";
  return option[1] === "switch" ? "/switches" : `/${option[1]}`;
}

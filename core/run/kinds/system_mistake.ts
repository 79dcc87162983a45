import { pointerTo, SpecError } from "../spec_error.ts";

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
    throw new SpecError(place + pointerOf(error.message), asFields(error.message));
  }
}

/** The system's messages name fields as options of a command line, and what is within some. */
const WITHIN = [
  [/--switch (\S+) to be /, "switches"],
  [/--selection \S+ to be given .* but found (\S+)$/, "selectionParameters"],
  [/--selection \S+ to have a (\S+) above /, "selectionParameters"],
] as const;

function pointerOf(message: string): string {
  for (const [pattern, field] of WITHIN) {
    const key = pattern.exec(message)?.[1];
    if (key !== undefined) return pointerTo([field, key]);
  }
  const option = /--(\w+)/.exec(message);
  return option ? `/${option[1]}` : "";
}

function asFields(message: string): string {
  return message.replace(
    /--(\w[\w-]*)/g,
    (_, option: string) => option.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
}

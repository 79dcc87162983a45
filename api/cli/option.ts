import { Option } from "commander";
import { locating } from "./user_error.ts";
import type { ValueParser } from "./values.ts";

/**
 * An option whose value is checked where it is read.
 *
 * @param flags e.g. `"--seqlen <tokens>"`
 *
 * @example
 * ```ts
 * import { checkedOption } from "./option.ts";
 * import { wholeNumber } from "./values.ts";
 * import { Command } from "commander";
 * import { equal, throws } from "node:assert/strict";
 *
 * const command = new Command()
 *   .addOption(checkedOption("--seqlen <tokens>", "context length", wholeNumber(1, 9)));
 * equal(command.parse(["--seqlen", "3"], { from: "user" }).opts().seqlen, 3);
 * throws(() => command.parse(["--seqlen", "x"], { from: "user" }), { message: /^--seqlen: exp/ });
 * ```
 */
export function checkedOption<T>(
  flags: string,
  description: string,
  parse: ValueParser<T>,
): Option {
  const option = new Option(flags, description);
  return option.argParser((text) => locating(option.long ?? flags, () => parse(text)));
}

/** An option that may be given more than once: its value is the list of values. */
export function repeatableOption<T>(
  flags: string,
  description: string,
  parse: ValueParser<T>,
): Option {
  const option = new Option(flags, description);
  return option
    .argParser((text, earlier: T[] | undefined) => [
      ...earlier ?? [],
      locating(option.long ?? flags, () => parse(text)),
    ]);
}

import type { Command } from "commander";
import { UserError } from "./user_error.ts";

/** What names a file or folder, in the flags of an option or as the name of an argument. */
const PATH = /^(?:file|folder|path|trace|name\|path)$/;

/**
 * Refuses a path that is empty, as a variable that is not set leaves it: joined to others it would
 * mean the working directory.
 *
 * @param command one whose arguments are parsed
 * @throws {UserError} naming the option or argument
 */
export function refuseEmptyPaths(command: Command) {
  const values: Readonly<Record<string, unknown>> = command.opts();
  for (const option of command.options) {
    const kind = /<(.+)>/.exec(option.flags)?.[1] ?? "";
    refuseEmpty(option.long ?? option.flags, kind, values[option.attributeName()]);
  }
  const processed: readonly unknown[] = command.processedArgs;
  command.registeredArguments.forEach((argument, i) => {
    refuseEmpty(`<${argument.name()}>`, argument.name(), processed[i]);
  });
}

function refuseEmpty(place: string, kind: string, value: unknown) {
  if (!PATH.test(kind) || ![value].flat().includes("")) return;
  throw new UserError(`${place}: expected a ${kind.replace("|", " or ")} but found ""`);
}

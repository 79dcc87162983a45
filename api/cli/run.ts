/**
 * The frame every command runs in: reading arguments, and turning mistakes into one line.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { budgetTableCommand } from "./budget_table/command.ts";
import { compareCommand } from "./compare/command.ts";
import { DisagreementError } from "./disagreement_error.ts";
import { dramCommand } from "./dram/command.ts";
import { evalCommand } from "./eval/command.ts";
import { isMistake } from "./mistake.ts";
import { reportCommand } from "./report/command.ts";
import { runCommand } from "./run_commands/command.ts";
import { serveCommand } from "./serve/command.ts";
import { simulateCommand } from "./simulate/command.ts";
import type { Surroundings } from "./surroundings.ts";
import { lowerFirst } from "./user_error.ts";

/**
 * Runs the command line.
 *
 * @returns the exit code: 0, 1 where a check found a difference, or 2 for a user's mistake, which
 * standard error names in one line
 * @throws {Error} what went wrong in the program itself
 */
export async function run(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  try {
    await kvpim(surroundings).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof DisagreementError) {
      surroundings.err(`kvpim: ${error.message}\n`);
      return 1;
    }
    const message = messageOf(error);
    if (message === undefined) throw error;
    surroundings.err(`kvpim: ${message}\n`);
    return 2;
  }
}

function kvpim(surroundings: Surroundings): Command {
  const program = new Command("kvpim")
    .description("What does it cost to read an LLM's KV cache this way?")
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: () => {} })
    .showSuggestionAfterError()
    .addHelpText("after", "\nkvpim <command> --help shows a command's options and examples.");
  const commands = [
    compareCommand(surroundings),
    simulateCommand(surroundings),
    dramCommand(surroundings),
    evalCommand(surroundings),
    budgetTableCommand(surroundings),
    reportCommand(surroundings),
    runCommand(surroundings),
    serveCommand(surroundings),
  ];
  for (const command of commands) program.addCommand(inheriting(command, program));
  return program;
}

/** A command, and the commands below it, with the settings of the one above. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inheriting(below, command);
  return command;
}

/** The line a user is shown, or nothing where the mistake is not the user's. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof CommanderError) return commandLineMistake(error);
  return isMistake(error) ? oneLine(lowerFirst(error.message)) : undefined;
}

function commandLineMistake({ code, message }: CommanderError): string {
  if (code === "commander.help") return "expected a command; kvpim --help lists them";
  return oneLine(message.replace(/^error: /, "").replace(/\n\((Did.*)\)$/, "; $1"))
    .replace("; Did", "; did");
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}

/**
 * The frame every command runs in: reading arguments, and turning mistakes into one line.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import settings from "../../deno.json" with { type: "json" };
import { DisagreementError } from "./disagreement_error.ts";
import { refuseEmptyPaths } from "./empty_paths.ts";
import { isMistake, lineOfMistake, oneLine } from "./mistake.ts";
import type { Surroundings } from "./surroundings.ts";

type MakeCommand = (surroundings: Surroundings) => Command;

/** Where each command is. One that is not called is not loaded: language models take a second. */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  "compare": async () => (await import("./compare/command.ts")).compareCommand,
  "simulate": async () => (await import("./simulate/command.ts")).simulateCommand,
  "dram": async () => (await import("./dram/command.ts")).dramCommand,
  "generate": async () => (await import("./generate/command.ts")).generateCommand,
  "eval": async () => (await import("./eval/command.ts")).evalCommand,
  "budget-table": async () => (await import("./budget_table/command.ts")).budgetTableCommand,
  "plugin": async () => (await import("./plugin/command.ts")).pluginCommand,
  "report": async () => (await import("./report/command.ts")).reportCommand,
  "run": async () => (await import("./run_commands/command.ts")).runCommand,
  "serve": async () => (await import("./serve/command.ts")).serveCommand,
  "worker": async () => (await import("./worker/command.ts")).workerCommand,
};

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
    const program = await kvpim(args[0], surroundings);
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof DisagreementError) {
      surroundings.err(`kvpim: ${error.message}\n`);
      return 1;
    }
    const message = messageOf(error, args);
    if (message === undefined) throw error;
    surroundings.err(`kvpim: ${message}\n`);
    return 2;
  }
}

/** The program with the command of a name; with every command where there is none of that name. */
async function kvpim(name: string | undefined, surroundings: Surroundings): Promise<Command> {
  const program = new Command("kvpim")
    .description("What does it cost to read an LLM's KV cache this way?")
    .version(settings.version, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: () => {} })
    .showSuggestionAfterError()
    .hook("preAction", (_, command) => refuseEmptyPaths(command))
    .addHelpText("after", "\nkvpim <command> --help shows a command's options and examples.");
  const called = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const makers = called === undefined ? Object.values(COMMANDS) : [called];
  for (const make of await Promise.all(makers.map((load) => load()))) {
    program.addCommand(inheriting(make(surroundings), program));
  }
  return program;
}

/** A command, and the commands below it, with the settings of the one above. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inheriting(below, command);
  return command;
}

/** The line a user is shown, or nothing where the mistake is not the user's. */
function messageOf(error: unknown, args: readonly string[]): string | undefined {
  if (error instanceof CommanderError) return commandLineMistake(error, args);
  return isMistake(error) ? lineOfMistake(error) : undefined;
}

function commandLineMistake(
  { code, message }: CommanderError,
  args: readonly string[],
): string {
  if (code === "commander.help") {
    return `expected a command; ${["kvpim", ...args, "--help"].join(" ")} lists them`;
  }
  return oneLine(message.replace(/^error: /, "").replace(/\n\((Did.*)\)$/, "; $1"))
    .replace("; Did", "; did");
}

/**
 * `kvpim plugin`: from an empty folder to the comparison with others.
 *
 * @module
 */
import { Command } from "commander";
import type { Surroundings } from "../surroundings.ts";
import { benchCommand } from "./bench.ts";
import { buildCommand } from "./build.ts";
import { inspectCommand } from "./inspect.ts";
import { newCommand } from "./new.ts";
import { runCommand } from "./run.ts";
import { testCommand } from "./conformance.ts";

/** The command. */
export function pluginCommand(surroundings: Surroundings): Command {
  return new Command("plugin")
    .description("Write, build, test and measure policies and memory models.")
    .addCommand(newCommand(surroundings))
    .addCommand(buildCommand(surroundings))
    .addCommand(testCommand(surroundings))
    .addCommand(runCommand(surroundings))
    .addCommand(inspectCommand(surroundings))
    .addCommand(benchCommand(surroundings))
    .addHelpText("after", "\nkvpim plugin <command> --help shows a command's options.");
}

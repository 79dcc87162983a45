/**
 * `kvpim eval`: what a model loses under a policy.
 *
 * @module
 */
import { Command } from "commander";
import type { Surroundings } from "../surroundings.ts";
import { calibrateCommand } from "./calibrate.ts";
import { longBenchCommand } from "./longbench.ts";
import { pplCommand } from "./ppl.ts";
import { rulerCommand } from "./ruler.ts";

/** The command. */
export function evalCommand(surroundings: Surroundings): Command {
  return new Command("eval")
    .description("Run a language model under policies: accuracy, and the rows they touch.")
    .addCommand(pplCommand(surroundings))
    .addCommand(longBenchCommand(surroundings))
    .addCommand(rulerCommand(surroundings))
    .addCommand(calibrateCommand(surroundings))
    .addHelpText("after", "\nkvpim eval <evaluation> --help shows an evaluation's options.");
}

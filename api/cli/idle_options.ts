import type { Command } from "commander";

/** Options that are of use only beside something else. */
export interface IdleRule {
  /** As they are typed, e.g. `"--locality"`. */
  readonly options: readonly string[];
  /** Whether what they need is there. */
  readonly isMet: boolean;
  /** What an option does otherwise, e.g. `"changes nothing without --rows scattered"`. */
  readonly otherwise: string;
}

/**
 * Sentences about the options that were given and are of no use, each told by the first rule that
 * finds it so.
 *
 * @example
 * ```ts
 * import { idleOptions } from "./idle_options.ts";
 * import { Command } from "commander";
 * import { deepEqual } from "node:assert/strict";
 *
 * const command = new Command().option("--seed <number>", "", "1").option("--rows <how>", "");
 * command.parse(["--seed", "7"], { from: "user" });
 * const otherwise = "changes nothing without --rows scattered";
 * deepEqual(idleOptions(command, [{ options: ["--seed"], isMet: false, otherwise }]), [
 *   "--seed changes nothing without --rows scattered.",
 * ]);
 * ```
 */
export function idleOptions(command: Command, rules: readonly IdleRule[]): string[] {
  const idle = new Map<string, string>();
  for (const { options, isMet, otherwise } of rules) {
    for (const option of isMet ? [] : options) {
      if (idle.has(option) || !wasGiven(command, option)) continue;
      idle.set(option, `${option} ${otherwise}.`);
    }
  }
  return [...idle.values()];
}

function wasGiven(command: Command, flag: string): boolean {
  const option = command.options.find(({ long }) => long === flag);
  return option !== undefined && command.getOptionValueSource(option.attributeName()) === "cli";
}

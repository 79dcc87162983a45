/**
 * `kvpim plugin test`: the conformance kits.
 *
 * @module
 */
import { Command } from "commander";
import { MEMORY_CHECKS } from "../../../core/conformance/memory_checks.ts";
import { POLICY_CHECKS, QUICK_POLICY_CHECKS } from "../../../core/conformance/policy_checks.ts";
import { type CheckResult, runChecks } from "../../../core/conformance/run_checks.ts";
import { DisagreementError } from "../disagreement_error.ts";
import { parsePolicies, type PolicyChoice } from "../policy/policy_choice.ts";
import { oneLine } from "../mistake.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating, UserError } from "../user_error.ts";
import { calibrationOption, readCalibration } from "./calibration.ts";
import { isMemory, type OpenPlugin, openPlugin, PLUGIN_SYNTAX } from "./open_plugin.ts";

const DETAILS = `
A policy's every answer is held against the contract: budgets as described, tokens that are present,
each once a head, slots of their own, finite numbers. A memory model has to answer the same alone and
among others, serve what it declares, and decline what cannot be by index and field, whatever it is
asked. Values are made up, the same every time. What a model need not do is noted, and what cannot be
asked of a policy is left out, with the reason. The exit code is 1 where a test fails.
${PLUGIN_SYNTAX}

Examples:
  kvpim plugin test ./my-policy
  kvpim plugin test quest:page-tokens=32
  kvpim plugin test ./my-memory`;

/** The command. */
export function testCommand(surroundings: Surroundings): Command {
  return new Command("test")
    .description("Put a plugin to the tests that every one of its kind must pass.")
    .argument("<plugin>", "name, component or folder")
    .addOption(calibrationOption())
    .addHelpText("after", DETAILS)
    .action((plugin: string, options: { calibration?: string }) =>
      test(plugin, options, surroundings)
    );
}

async function test(
  text: string,
  { calibration }: { readonly calibration?: string },
  { out }: Surroundings,
) {
  using opened = await openPlugin(onePlugin(text));
  let failed = 0;
  for await (const result of resultsOf(opened, "all", readCalibration(calibration))) {
    out(`${lineOf(result)}\n`);
    if (result.failure !== undefined) failed++;
  }
  if (failed === 0) return;
  throw new DisagreementError(`${text}: expected all tests to pass but ${failed} failed`);
}

/**
 * The one plugin that an argument names.
 *
 * @throws {UserError} when there are several
 */
export function onePlugin(text: string): PolicyChoice {
  const [choice, more] = locating("<plugin>", () => parsePolicies(text));
  if (more !== undefined) throw new UserError("<plugin>: expected one plugin but found several");
  return choice!;
}

/** Puts a plugin to the kit of its kind, or to the part of it that takes moments. */
export function resultsOf(
  opened: OpenPlugin,
  which: "all" | "quick",
  calibration: { calibration?: Uint8Array },
): AsyncGenerator<CheckResult, void, void> {
  if (isMemory(opened)) return runChecks(opened, MEMORY_CHECKS);
  const { policy, parameters } = opened;
  const checks = which === "all" ? POLICY_CHECKS : QUICK_POLICY_CHECKS;
  return runChecks({ policy, parameters, ...calibration }, checks);
}

/** A check's end in one line. */
export function lineOf({ name, leftOut, failure, note, milliseconds }: CheckResult): string {
  if (leftOut !== undefined) return `left out  ${name}: ${leftOut}`;
  const time = `(${milliseconds.toFixed(0)} ms)`;
  if (failure !== undefined) return `FAILED    ${name} ${time}: ${oneLine(failure)}`;
  return `ok        ${name} ${time}${note === undefined ? "" : `; ${oneLine(note)}`}`;
}

/**
 * `kvpim plugin test`: the conformance kit.
 *
 * @module
 */
import { Command } from "commander";
import { type CheckResult, runChecks } from "../../../core/conformance/run_checks.ts";
import { DisagreementError } from "../disagreement_error.ts";
import { openPolicy } from "../policy/open_policy.ts";
import { parsePolicies, POLICY_SYNTAX } from "../policy/policy_choice.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { calibrationOption, readCalibration } from "./calibration.ts";

const DETAILS = `
Every answer is held against the contract: budgets as described, tokens that are present, each once a
head, slots of their own, finite numbers. Values are made up, the same every time. The exit code is 1
where a test fails.
${POLICY_SYNTAX}

Examples:
  kvpim plugin test ./my-policy
  kvpim plugin test quest:page-tokens=32`;

/** The command. */
export function testCommand(surroundings: Surroundings): Command {
  return new Command("test")
    .description("Put a policy to the tests that every policy must pass.")
    .argument("<policy>", "name, component or folder")
    .addOption(calibrationOption())
    .addHelpText("after", DETAILS)
    .action((policy: string, options: { calibration?: string }) =>
      test(policy, options, surroundings)
    );
}

async function test(
  text: string,
  { calibration }: { readonly calibration?: string },
  { out }: Surroundings,
) {
  const [choice, more] = parsePolicies(text);
  if (more !== undefined) throw new UserError("<policy>: expected one policy but found several");
  using opened = await openPolicy(choice!);
  const { policy, parameters } = opened;
  const failed: string[] = [];
  const tested = { policy, parameters, ...readCalibration(calibration) };
  for await (const result of runChecks(tested)) {
    out(`${lineOf(result)}\n`);
    if (result.failure !== undefined) failed.push(result.name);
  }
  if (failed.length === 0) return;
  throw new DisagreementError(`${text}: expected all tests to pass but ${failed.length} failed`);
}

function lineOf({ name, failure, milliseconds }: CheckResult): string {
  const time = `(${milliseconds.toFixed(0)} ms)`;
  return failure === undefined ? `ok      ${name} ${time}` : `FAILED  ${name} ${time}: ${failure}`;
}

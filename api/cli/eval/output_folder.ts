/**
 * The folder that results of evaluations go to, with a folder for each policy.
 *
 * @module
 */
import { accessSync, constants, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { errorCode, errorWords } from "../../../core/files/error_words.ts";
import { holdFolder, type Holding } from "../../../core/files/hold_folder.ts";
import { makeFolder } from "../../../core/files/make_folder.ts";
import { fileNameOf, type PolicyChoice } from "../policy/policy_choice.ts";
import { locating, UserError } from "../user_error.ts";

/** The folder of a policy's results. */
export function policyFolder(output: string, choice: PolicyChoice): string {
  return join(output, fileNameOf(choice));
}

/**
 * Makes the folder of results and holds it, and finds out whether each policy's in it can be made or
 * written.
 *
 * @param holding whether other runs may write to it at the same time
 * @returns what lets go of it, and removes it again where it was made here and nothing has come into it
 * @throws {UserError} when it cannot
 */
export function makeOutputFolder(
  output: string,
  choices: readonly PolicyChoice[],
  holding: Holding,
): Disposable {
  using made = new DisposableStack();
  const first = locating("--output", () => makeFolder(output, UserError));
  made.use(hold(output, holding));
  // Removed while it is held, so that no other run holds what is removed.
  if (first !== undefined) made.defer(() => removeEmpty(output, first));
  for (const choice of choices) {
    const path = policyFolder(output, choice);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found && !found.isDirectory()) {
      throw new UserError(`--output: expected a folder ${path} but found a file`);
    }
    checkWritable(found ? path : output);
  }
  return made.move();
}

function hold(output: string, holding: Holding): Disposable {
  const expected = holding === "alone" ? "no run" : "no comparison";
  const refuse = (found: string) =>
    new UserError(
      `--output: expected a folder that ${expected} is writing to but found ${output}${found}`,
    );
  try {
    const held = holdFolder(output, holding);
    if (held) return held;
  } catch (error) {
    throw refuse(`: ${errorWords(error, "reason")}`);
  }
  throw refuse("");
}

/** Removes a folder, and those it lies in up to the first that is given, as long as they are empty. */
function removeEmpty(folder: string, first: string) {
  try {
    for (let path = resolve(folder); path.startsWith(resolve(first)); path = dirname(path)) {
      rmdirSync(path);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

function checkWritable(path: string) {
  try {
    accessSync(path, constants.W_OK);
  } catch {
    throw new UserError(`--output: expected a folder that can be written but found ${path}`);
  }
}

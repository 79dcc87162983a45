import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { locating, UserError } from "../user_error.ts";

const PLUGINS = fileURLToPath(new URL("../../../plugins/", import.meta.url));

/** A policy as it is asked for. */
export interface PolicyChoice {
  /** As given: what tables and results call it. */
  readonly label: string;
  /** Name of a built-in one, or path of a component or of a plugin's folder. */
  readonly source: string;
  /** Texts of parameters by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** As part of a file's name, where the last part of its path is not enough. */
  readonly fileName?: string;
}

/** What a policy option takes, for help. */
export const ONE_POLICY_SYNTAX = `
A policy is the name of a built-in one (a folder of plugins), the path of a component (.wasm) or of
a plugin's folder. Parameters follow after colons: quest:page-tokens=32.`;

/** The same where several may be given. */
export const POLICY_SYNTAX = `${ONE_POLICY_SYNTAX} Several policies are given
by repeating the option or with commas.`;

/**
 * Reads a comma-separated list of policies, each `SOURCE[:PARAMETER=VALUE…]`.
 *
 * @throws {UserError} when one has no name or a parameter is named twice
 *
 * @example
 * ```ts
 * import { parsePolicies } from "./policy_choice.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(parsePolicies("full,quest:page-tokens=32"), [
 *   { label: "full", source: "full", parameters: {} },
 *   { label: "quest:page-tokens=32", source: "quest", parameters: { "page-tokens": "32" } },
 * ]);
 * ```
 */
export function parsePolicies(text: string): PolicyChoice[] {
  return text.split(",").map((part) => parsePolicy(part.trim()));
}

function parsePolicy(label: string): PolicyChoice {
  // A colon belongs to the path unless a parameter follows it.
  const [source = "", ...settings] = label.split(/:(?=[a-z][a-z0-9-]*=)/);
  const pairs = settings.map((setting) => {
    const at = setting.indexOf("=");
    return [setting.slice(0, at), setting.slice(at + 1)] as const;
  });
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (source === "") {
    throw new UserError(`expected a policy's name or path but found ${JSON.stringify(label)}`);
  }
  if (twice !== undefined) {
    throw new UserError(`${label}: expected each parameter once but found ${twice} twice`);
  }
  return { label, source, parameters: Object.fromEntries(pairs) };
}

/**
 * Makes sure that no policy is asked for twice. Files of one name get file names with their paths, so
 * that a changed copy of a policy goes beside it.
 *
 * @param place the option or argument that names them
 * @throws {UserError} naming one that is
 *
 * @example
 * ```ts
 * import { distinctPolicies, fileNameOf, parsePolicies } from "./policy_choice.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const choices = distinctPolicies(parsePolicies("quest,/home/me/quest.wasm,starc"));
 * deepEqual(choices.map(fileNameOf), ["quest", "home_me_quest.wasm", "starc"]);
 * ```
 */
export function distinctPolicies(
  choices: readonly PolicyChoice[],
  place = "--policy",
): readonly PolicyChoice[] {
  locating(place, () => refuseRepeated(choices, identityOf, "each policy once"));
  const names = choices.map(fileNameOf);
  const shared = names.filter((name, i) => names.indexOf(name) !== i);
  const distinct = choices.map((choice, i) => {
    if (!shared.includes(names[i]!) || isBuiltIn(choice.source)) return choice;
    const path = resolve(choice.source).replace(/^[/\\]+/, "");
    return { ...choice, fileName: fileName(path, choice) };
  });
  const expected = "paths that differ in letters or digits";
  locating(place, () => refuseRepeated(distinct, fileNameOf, expected));
  return distinct;
}

function refuseRepeated(
  choices: readonly PolicyChoice[],
  what: (choice: PolicyChoice) => string,
  expected: string,
) {
  const all = choices.map(what);
  const at = all.findIndex((one, i) => all.indexOf(one) !== i);
  if (at < 0) return;
  const [first, second] = [choices[all.indexOf(all[at]!)]!.label, choices[at]!.label];
  const found = first === second ? `${first} twice` : `${first} again as ${second}`;
  throw new UserError(`expected ${expected} but found ${found}`);
}

/**
 * Whether a policy is the full attention that others are measured against: the one of this repository,
 * by whatever path. What another policy calls itself makes it no yardstick.
 *
 * @example
 * ```ts
 * import { isFullAttention, parsePolicies } from "./policy_choice.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const choices = parsePolicies("full,/home/me/full.wasm,starc");
 * deepEqual(choices.map(isFullAttention), [true, false, false]);
 * ```
 */
export function isFullAttention(choice: PolicyChoice): boolean {
  return identityOf(choice) === FULL;
}

/** What two choices of the same policy have in common, whatever the path and the order. */
function identityOf({ source, parameters }: PolicyChoice): string {
  const path = isBuiltIn(source) ? join(PLUGINS, source) : source;
  const file = existsSync(path) ? realpathSync(path) : source;
  return JSON.stringify([file, Object.entries(parameters).sort()]);
}

/** A folder of plugins, whatever its kind. */
function isBuiltIn(source: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(source) && existsSync(join(PLUGINS, source, "plugin.json"));
}

/**
 * A policy's name as part of a file's name.
 *
 * @example
 * ```ts
 * import { fileNameOf, parsePolicies } from "./policy_choice.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(fileNameOf(parsePolicies("out/mine.wasm:size=4")[0]!), "mine-size-4");
 * ```
 */
export function fileNameOf(choice: PolicyChoice): string {
  const { source } = choice;
  const name = source.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "").replace(/\.wasm$/, "");
  return choice.fileName ?? fileName(name, choice);
}

function fileName(name: string, { parameters }: PolicyChoice): string {
  const settings = Object.entries(parameters).flat();
  return [name, ...settings].join("-").replace(/[^A-Za-z0-9._-]/g, "_");
}

const FULL = identityOf({ label: "full", source: "full", parameters: {} });

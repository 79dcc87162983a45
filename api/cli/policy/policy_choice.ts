import { UserError } from "../user_error.ts";

/** A policy as it is asked for. */
export interface PolicyChoice {
  /** As given: what tables and results call it. */
  readonly label: string;
  /** Name of a built-in one, or path of a component or of a plugin's folder. */
  readonly source: string;
  /** Texts of parameters by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a policy option takes, for help. */
export const POLICY_SYNTAX = `
A policy is the name of a built-in one (a folder of plugins), the path of a component (.wasm) or of
a plugin's folder. Parameters follow after colons: quest:page-tokens=32. Several policies are given
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
 * Makes sure that no policy is asked for twice.
 *
 * @throws {UserError} naming one that is
 */
export function distinctPolicies(choices: readonly PolicyChoice[]): readonly PolicyChoice[] {
  const names = choices.map(fileNameOf);
  const twice = choices.find((choice, i) => names.indexOf(fileNameOf(choice)) !== i);
  if (twice === undefined) return choices;
  throw new UserError(`--policy: expected each policy once but found ${twice.label} twice`);
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
export function fileNameOf({ source, parameters }: PolicyChoice): string {
  const name = source.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "").replace(/\.wasm$/, "");
  const settings = Object.entries(parameters).flat();
  return [name, ...settings].join("-").replace(/[^A-Za-z0-9._-]/g, "_");
}

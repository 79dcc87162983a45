/**
 * `kvpim plugin new`: a folder to begin with.
 *
 * @module
 */
import { Command } from "commander";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorWords } from "../../../core/files/error_words.ts";
import { makeFolder } from "../../../core/files/make_folder.ts";
import type { PluginKind } from "../../../wasm/sdk/contracts.ts";
import type { PluginManifest } from "../../../wasm/sdk/plugin_manifest.ts";
import { isPluginName, NAME_WORDS } from "../../../wasm/sdk/plugin_name.ts";
import { checkedOption } from "../option.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating, unexpected, UserError } from "../user_error.ts";
import { oneOfWords } from "../values.ts";

interface NewOptions {
  readonly kind: PluginKind;
  readonly lang: PluginManifest["lang"];
  readonly into: string;
}

const KINDS = ["policy", "memory"] as const;
const TEMPLATES = new URL("../../../wasm/sdk/templates/", import.meta.url);

const DETAILS = `
The folder holds plugin.json, a README and the source, which builds and passes the tests as it is: a
policy that keeps the newest tokens, or a memory model of a table of timings and a formula.
AssemblyScript (as) is fast and needs nothing else, C needs clang and wasm-ld, TypeScript (ts) makes
components of 12 MB that are slow: for first sketches.

Examples:
  kvpim plugin new my-policy && kvpim plugin test ./my-policy
  kvpim plugin new my-memory --kind memory --lang c && kvpim plugin test ./my-memory`;

/** The command. */
export function newCommand({ out }: Surroundings): Command {
  return new Command("new")
    .description("Make a folder with a plugin that builds and passes.")
    .argument("<name>", "name of the plugin and its folder, in kebab case")
    .addOption(
      checkedOption("--kind <kind>", KINDS.join(", "), oneOfWords(KINDS)).default("policy"),
    )
    .addOption(
      checkedOption("--lang <language>", "as, c, ts", oneOfWords(["as", "c", "ts"])).default("as"),
    )
    .option("--into <folder>", "where the folder is made", ".")
    .addHelpText("after", DETAILS)
    .action((name: string, options: NewOptions) => {
      const folder = makePlugin(locating("<name>", () => kebabCase(name)), options);
      out(`${folder}: ${filesOf(folder).join(", ")}\n`);
    });
}

function makePlugin(name: string, { kind, lang, into }: NewOptions): string {
  const folder = join(into, name);
  if (existsSync(folder)) {
    throw new UserError(`<name>: expected a folder that is not there yet but found ${folder}`);
  }
  const template = new URL(`${kind}/${lang}/`, TEMPLATES);
  locating("--into", () => makeFolder(folder, UserError));
  try {
    for (const file of readdirSync(template)) {
      const text = readFileSync(new URL(file, template), "utf8");
      writeFileSync(join(folder, named(file, kind, name)), named(text, kind, name));
    }
  } catch (error) {
    throw new UserError(
      `--into: expected a folder that can be written but found ${into}: ${
        errorWords(error, "reason")
      }`,
    );
  }
  return folder;
}

/** A template's text with the plugin's name for its own, `my-policy` or `my-memory`. */
function named(text: string, kind: PluginKind, name: string): string {
  return text
    .replaceAll(`my-${kind}`, name)
    .replaceAll(`my_${kind}`, name.replaceAll("-", "_"));
}

function kebabCase(name: string): string {
  if (isPluginName(name)) return name;
  throw unexpected(`${NAME_WORDS}, such as my-policy,`, name);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).sort();
}

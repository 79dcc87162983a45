/**
 * `kvpim plugin new`: a folder to begin with.
 *
 * @module
 */
import { Command } from "commander";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkedOption } from "../option.ts";
import { reasonOf } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating, unexpected, UserError } from "../user_error.ts";
import { oneOfWords } from "../values.ts";

interface NewOptions {
  readonly kind: "policy";
  readonly lang: "as" | "c" | "ts";
  readonly into: string;
}

const TEMPLATES = new URL("../../../wasm/sdk/templates/", import.meta.url);

const DETAILS = `
The folder holds plugin.json, a README and a policy that keeps the newest tokens; it builds and passes
the tests as it is. AssemblyScript (as) is fast and needs nothing else, C needs clang and wasm-ld,
TypeScript (ts) makes components of 12 MB that are slow: for first sketches.

Example:
  kvpim plugin new my-policy --lang as && kvpim plugin test ./my-policy`;

/** The command. */
export function newCommand({ out }: Surroundings): Command {
  return new Command("new")
    .description("Make a folder with a plugin that builds and passes.")
    .argument("<name>", "name of the plugin and its folder, in kebab case")
    .addOption(
      checkedOption("--kind <kind>", "policy", oneOfWords(["policy"])).default("policy"),
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

function makePlugin(name: string, { lang, into }: NewOptions): string {
  const folder = join(into, name);
  if (existsSync(folder)) {
    throw new UserError(`<name>: expected a folder that is not there yet but found ${folder}`);
  }
  const template = new URL(`${lang}/`, TEMPLATES);
  try {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(template)) {
      const text = readFileSync(new URL(file, template), "utf8");
      writeFileSync(join(folder, named(file, name)), named(text, name));
    }
  } catch (error) {
    throw new UserError(
      `--into: expected a folder that can be written but found ${into}: ${reasonOf(error)}`,
    );
  }
  return folder;
}

function named(text: string, name: string): string {
  return text.replaceAll("my-policy", name).replaceAll("my_policy", name.replaceAll("-", "_"));
}

function kebabCase(name: string): string {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return name;
  throw unexpected("a kebab-case name such as my-policy", name);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).sort();
}

/**
 * `kvpim plugin build`: from a folder to a component.
 *
 * @module
 */
import { Command } from "commander";
import { existsSync, realpathSync } from "node:fs";
import { extname, isAbsolute, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { digestOf } from "../../../core/host/mod.ts";
import { buildPlugin } from "../../../wasm/sdk/build.ts";
import { OutputFile, writeFile } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";

const DETAILS = `
The same source gives the same bytes, unless it is TypeScript.

Example:
  kvpim plugin build ./my-policy --output my-policy.wasm`;

/** The command. */
export function buildCommand({ out }: Surroundings): Command {
  return new Command("build")
    .description("Build a plugin's folder to a WebAssembly component.")
    .argument("<folder>", "folder of plugin.json")
    .option("--output <file>", "the component (default: NAME.wasm in the folder)")
    .addHelpText("after", DETAILS)
    .action(async (folder: string, { output }: { output?: string }) => {
      if (!existsSync(join(folder, "plugin.json"))) {
        throw new UserError(`<folder>: expected a folder with plugin.json but found ${folder}`);
      }
      if (output !== undefined) {
        OutputFile.check("--output", output);
        requireNoSource(folder, output);
      }
      const { manifest, component } = await buildPlugin(pathToFileURL(join(resolve(folder), "/")));
      const path = output ?? join(folder, `${manifest.name}.wasm`);
      writeFile("--output", path, component);
      out(`${path}: ${component.length} bytes, SHA-256 ${digestOf(component)}\n`);
    });
}

/** Refuses to write over what the plugin is built from. */
function requireNoSource(folder: string, output: string) {
  if (!existsSync(output) || extname(output) === ".wasm") return;
  const place = relative(realpathSync(folder), realpathSync(output));
  if (place.startsWith("..") || isAbsolute(place)) return;
  throw new UserError(
    `--output: expected a component's place but found a file of the plugin, ${output}`,
  );
}

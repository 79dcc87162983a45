/**
 * `kvpim plugin build`: from a folder to a component.
 *
 * @module
 */
import { Command } from "commander";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { digestOf } from "../../../core/host/mod.ts";
import { binaryKind } from "../../../wasm/binary/sections.ts";
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
        checkReplaced(output);
      }
      const { manifest, component } = await buildPlugin(pathToFileURL(join(resolve(folder), "/")));
      const path = output ?? join(folder, `${manifest.name}.wasm`);
      writeFile("--output", path, component);
      out(`${path}: ${component.length} bytes, SHA-256 ${digestOf(component)}\n`);
    });
}

/** Refuses to write over what is no component: it may be what the plugin is built from. */
function checkReplaced(output: string) {
  if (!existsSync(output) || !statSync(output).isFile() || isEmptyOrComponent(output)) return;
  throw new UserError(
    `--output: expected a new file or an earlier component to replace but found ${output}`,
  );
}

function isEmptyOrComponent(path: string): boolean {
  using file = Deno.openSync(path);
  const start = new Uint8Array(8);
  return file.readSync(start) === null || binaryKind(start) === "component";
}

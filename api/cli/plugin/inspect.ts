/**
 * `kvpim plugin inspect`: what is in a file, without running it.
 *
 * @module
 */
import { Command } from "commander";
import { errorWords } from "../../../core/files/error_words.ts";
import { readBytes } from "../../../core/files/read_bytes.ts";
import { DEFAULT_LIMITS, inspectComponent, type Limits } from "../../../core/host/mod.ts";
import { MOST_COMPONENT_BYTES } from "../component_source.ts";
import type { Surroundings } from "../surroundings.ts";
import { plainTable } from "../table.ts";
import { UserError } from "../user_error.ts";

const DETAILS = `
Nothing of the file is run. Limits are those a plugin gets unless a run says otherwise: bytes, fuel
(about an instruction each) and milliseconds of a call.

Example:
  kvpim plugin inspect my-policy.wasm`;

/** The command. */
export function inspectCommand({ out }: Surroundings): Command {
  return new Command("inspect")
    .description("Show a component's imports, exports, limits, digest and size.")
    .argument("<file>", "a component")
    .option("--json", "print as JSON")
    .addHelpText("after", DETAILS)
    .action((path: string, { json }: { json?: true }) => {
      const inspection = inspect(path);
      out(json ? `${JSON.stringify(inspection, null, 2)}\n` : text(inspection));
    });
}

function inspect(path: string) {
  const { why, refusal: _, ...inspection } = inspectComponent(read(path));
  return { path, ...inspection, refusal: why, limits: DEFAULT_LIMITS as Limits };
}

function text(inspection: ReturnType<typeof inspect>): string {
  const { path, bytes, sha256, imports, exports, coreModules, admitted, refusal, limits } =
    inspection;
  const rows = [
    ["file", path],
    ["size", `${bytes} bytes`],
    ["SHA-256", sha256],
    ["imports", imports.join(", ") || "nothing"],
    ["exports", exports.join(", ") || "nothing"],
    ["core modules", String(coreModules)],
    ["runs as", admitted ?? `nothing: ${refusal}`],
    ["memory", `at most ${limits.memoryBytes} bytes a session`],
    ["fuel", `at most ${limits.fuelPerCall} a call`],
    ["time", `at most ${limits.wallMsPerCall} ms a call`],
  ];
  return `${plainTable(rows, ["left", "left"])}\n`;
}

function read(path: string): Uint8Array {
  try {
    return readBytes(path, MOST_COMPONENT_BYTES);
  } catch (error) {
    throw new UserError(
      `<file>: expected a component but found ${path}: ${errorWords(error, "reason")}`,
    );
  }
}

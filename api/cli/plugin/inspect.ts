/**
 * `kvpim plugin inspect`: what is in a file, without running it.
 *
 * @module
 */
import { Command } from "commander";
import { readFileSync } from "node:fs";
import {
  type Admission,
  admit,
  DEFAULT_LIMITS,
  describeOutcome,
  digestOf,
  readComponent,
} from "../../../core/host/mod.ts";
import { MalformedBinaryError } from "../../../wasm/binary/byte_reader.ts";
import { binaryKind } from "../../../wasm/binary/sections.ts";
import { type PluginKind, readContract } from "../../../wasm/sdk/contracts.ts";
import { reasonOf } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { plainTable } from "../table.ts";
import { UserError } from "../user_error.ts";

const KINDS: readonly PluginKind[] = ["policy", "memory"];

const DETAILS = `
Nothing of the file is run. Limits are those a plugin gets unless a run says otherwise: bytes, fuel
(about an instruction each) and milliseconds of a call.

Example:
  kvpim plugin inspect my-policy.wasm`;

/** What can be said of a file. */
interface Inspection {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly coreModules: number;
  /** What it would be run as; else why it is refused. */
  readonly admitted: PluginKind | null;
  readonly refusal: string | null;
  readonly limits: typeof DEFAULT_LIMITS;
}

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

function inspect(path: string): Inspection {
  const bytes = read(path);
  const admissions = KINDS.map((kind) => {
    const exports = readContract(kind).qualifiedName;
    return { kind, admission: admit(bytes, { exports, limits: DEFAULT_LIMITS }) };
  });
  const admitted = admissions.find(({ admission }) => admission.admitted)?.kind ?? null;
  const { imports, exports, modules } = outlineOf(bytes);
  return {
    path,
    bytes: bytes.length,
    sha256: digestOf(bytes),
    imports,
    exports,
    coreModules: modules.length,
    admitted,
    refusal: admitted === null ? refusalOf(admissions.map(({ admission }) => admission)) : null,
    limits: DEFAULT_LIMITS,
  };
}

/** Why a file is of no kind: what is wrong with it, or all that it could export. */
function refusalOf(admissions: readonly Admission[]): string | null {
  const refusals = admissions.flatMap((one) => one.admitted ? [] : [one.refusal]);
  const missing = refusals.flatMap((one) => one.why === "missing-export" ? one.exports : []);
  const refusal = missing.length === admissions.length
    ? { why: "missing-export", exports: [missing.join(" or ")] } as const
    : refusals[0];
  return refusal === undefined ? null : describeOutcome({ kind: "refused", refusal });
}

function outlineOf(bytes: Uint8Array) {
  const nothing = { imports: [], exports: [], modules: [] };
  if (binaryKind(bytes) !== "component") return nothing;
  try {
    return readComponent(bytes);
  } catch (error) {
    if (error instanceof MalformedBinaryError) return nothing;
    throw error;
  }
}

function text(inspection: Inspection): string {
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
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`<file>: expected a component but found ${path}: ${reasonOf(error)}`);
  }
}

import * as v from "valibot";
import { CONTRACT_VERSIONS } from "./contracts.ts";
import { type DeviceDeclaration, deviceDeclarationSchema } from "./device_declaration.ts";
import { fileErrorWords } from "./file_error_words.ts";
import { isPluginName, NAME_WORDS } from "./plugin_name.ts";

const versions = [...new Set(Object.values(CONTRACT_VERSIONS).flat())];

/** The shape of `plugin.json`. */
export const pluginManifestSchema: v.GenericSchema<PluginManifest> = v.strictObject({
  name: v.pipe(
    v.string(),
    v.check(isPluginName, `Expected ${NAME_WORDS}, such as my-policy`),
  ),
  kind: v.picklist(["policy", "memory"]),
  lang: v.picklist(["as", "c", "ts"]),
  entry: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, "Expected a file beside plugin.json"),
    v.check((path) => !path.split("/").includes(".."), "Expected a file beside plugin.json"),
  ),
  wit: v.picklist(versions, `Expected a contract version (${versions.join(", ")})`),
  bounds: v.exactOptional(v.picklist(["checked", "trusted"])),
  garbage: v.exactOptional(v.picklist(["collected", "between-calls"])),
  device: v.exactOptional(deviceDeclarationSchema),
});

/** What `plugin.json` says. */
export interface PluginManifest {
  /** Kebab-case; the folder's name. */
  name: string;
  kind: "policy" | "memory";
  /** AssemblyScript, C or TypeScript. */
  lang: "as" | "c" | "ts";
  /** The source file that holds the plugin, relative to `plugin.json`. */
  entry: string;
  /** Version of the contract it is written for. */
  wit: string;
  /**
   * AssemblyScript only. `"checked"`, the default: an index outside an array ends the call in a trap
   * that names the function. `"trusted"` leaves the checks out, which makes array loops about a
   * third faster, and gives that up: a wrong index reads or overwrites other values of the plugin,
   * and the answer is wrong without a word. It never reaches beyond the plugin's own memory.
   */
  bounds?: "checked" | "trusted";
  /**
   * AssemblyScript only. `"collected"`, the default: memory nobody holds is found again while the
   * plugin runs, for which every function keeps a list of what it holds. `"between-calls"` keeps no
   * lists, which makes calls of small functions faster, and gives that up: what a call leaves behind
   * fills memory until the call is over.
   */
  garbage?: "collected" | "between-calls";
  /** AssemblyScript memories only: the memory of this repository's engine to be built in. */
  device?: DeviceDeclaration;
}

/** Thrown for a `plugin.json` that is missing or says something else than it may. */
export class PluginManifestError extends Error {
  override readonly name = "PluginManifestError";
}

/**
 * Reads and checks the `plugin.json` of a folder.
 *
 * @throws {PluginManifestError} with the path and what is wrong
 */
export function readPluginManifest(directory: URL): PluginManifest {
  const path = new URL("plugin.json", directory);
  const result = v.safeParse(pluginManifestSchema, readJson(path));
  if (result.success) {
    checkOptions(path, result.output);
    return result.output;
  }
  const issues = result.issues.map((issue) =>
    `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`
  );
  throw new PluginManifestError(`${path.pathname}: ${issues.join("; ")}`);
}

function readJson(path: URL): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(path).replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new PluginManifestError(`${path.pathname}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return `Expected JSON but found: ${error.message}`;
  if (error instanceof Deno.errors.NotFound) return "Expected a file but found none";
  return fileErrorWords(error);
}

/**
 * The source file that a manifest names.
 *
 * @throws {PluginManifestError} when there is none
 */
export function entryOf(directory: URL, { entry }: PluginManifest): URL {
  const file = new URL(entry, directory);
  const { pathname } = new URL("plugin.json", directory);
  const refuse = (found: string) =>
    new PluginManifestError(`${pathname}: entry: Expected a file but found ${found}: ${entry}`);
  try {
    if (Deno.statSync(file).isFile) return file;
  } catch (error) {
    throw refuse(error instanceof Deno.errors.NotFound ? "none" : fileErrorWords(error));
  }
  throw refuse("none of the regular kind");
}

/** What only some plugins have a use for is refused elsewhere rather than ignored. */
function checkOptions(path: URL, manifest: PluginManifest): void {
  for (const option of ["bounds", "garbage", "device"] as const) {
    if (manifest[option] === undefined || manifest.lang === "as") continue;
    throw new PluginManifestError(
      `${path.pathname}: ${option}: Expected the language as but found ${manifest.lang}`,
    );
  }
  if (manifest.device !== undefined && manifest.kind !== "memory") {
    throw new PluginManifestError(
      `${path.pathname}: device: Expected a memory but found a ${manifest.kind}`,
    );
  }
}

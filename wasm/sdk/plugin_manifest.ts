import * as v from "valibot";
import { CONTRACT_VERSIONS } from "./contracts.ts";

const versions = [...new Set(Object.values(CONTRACT_VERSIONS).flat())];

/** The shape of `plugin.json`. */
export const pluginManifestSchema: v.GenericSchema<PluginManifest> = v.strictObject({
  name: v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "Expected a kebab-case name such as my-policy"),
  ),
  kind: v.picklist(["policy", "memory"]),
  lang: v.picklist(["as", "c", "ts"]),
  entry: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, "Expected a file beside plugin.json"),
    v.check((path) => !path.split("/").includes(".."), "Expected a file beside plugin.json"),
  ),
  wit: v.picklist(versions, `Expected a contract version (${versions.join(", ")})`),
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
  let data: unknown;
  try {
    data = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new PluginManifestError(
      `${path.pathname}: ${error instanceof Deno.errors.NotFound ? "no such file" : error}`,
    );
  }
  const result = v.safeParse(pluginManifestSchema, data);
  if (result.success) return result.output;
  const issues = result.issues.map((issue) =>
    `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`
  );
  throw new PluginManifestError(`${path.pathname}: ${issues.join("; ")}`);
}

import asc from "assemblyscript/asc";
import { renameExports } from "../binary/rename_exports.ts";
import { CompileError } from "./compile_error.ts";
import type { Contract } from "./generate/exports.ts";
import { generateAssemblyScript, PLUGIN_ENTRY } from "./generate/assemblyscript.ts";

const SDK = new URL("./as/", import.meta.url);

/**
 * Compiles a plugin's AssemblyScript source, with the glue of its contract, to a core module that
 * exports the canonical functions and imports nothing but its own resource's.
 *
 * @param entry The file that exports the plugin's class; its imports are resolved beside it
 * @throws {CompileError} with file, line and column
 */
export async function compileAssemblyScript(
  contract: Contract,
  entry: URL,
): Promise<Uint8Array<ArrayBuffer>> {
  const { contract: contractText, glue, exportNames } = generateAssemblyScript(contract);
  const generated = new Map([
    ["glue.ts", glue],
    [`node_modules/kvpim/${contract.interface.name}.ts`, contractText],
    [
      `node_modules/${PLUGIN_ENTRY}.ts`,
      `export * from "../../source/${entry.pathname.split("/").at(-1)?.replace(/\.ts$/, "")}";`,
    ],
  ]);
  const readSource = (path: string): string | null =>
    generated.get(path) ?? readLocated(locateSource(path, entry));
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    "glue.ts",
    ...["--outFile", "plugin.wasm", "--runtime", "incremental", "--use", "abort="],
    ...["-O3", "--noAssert", "--enable", "simd", "--debug"],
  ], {
    readFile: readSource,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name === "plugin.wasm" && typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) {
    throw new CompileError(stderr.toString().trim() || String(error));
  }
  return renameExports(binary, exportNames);
}

/** The file behind a path the compiler asks for. */
function locateSource(path: string, entry: URL): URL | null {
  const clean = path.replace(/^\.\//, "");
  if (clean.startsWith("source/")) return new URL(clean.slice("source/".length), entry);
  if (clean.startsWith("node_modules/kvpim/")) {
    return new URL(clean.slice("node_modules/kvpim/".length), SDK);
  }
  return null;
}

function readLocated(file: URL | null): string | null {
  if (file === null) return null;
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

import { renameExports } from "../binary/rename_exports.ts";
import { loadCompiler } from "../compiler.ts";
import { CompileError } from "./compile_error.ts";
import type { DeviceDeclaration } from "./device_declaration.ts";
import { deviceModule } from "./device_module.ts";
import { fileErrorWords } from "./file_error_words.ts";
import type { Contract } from "./generate/exports.ts";
import { generateAssemblyScript, PLUGIN_ENTRY } from "./generate/assemblyscript.ts";
import type { PluginManifest } from "./plugin_manifest.ts";

/** Where an import `kvpim/...` is found: the engine and its programs, and else the SDK. */
const LIBRARIES: readonly (readonly [prefix: string, folder: URL])[] = [
  ["dram/assembly/", new URL("../dram/assembly/", import.meta.url)],
  ["pim/assembly/", new URL("../pim/assembly/", import.meta.url)],
  ["", new URL("./as/", import.meta.url)],
];

const BOUNDS = { checked: "default", trusted: "always" };
const GARBAGE = { collected: "incremental", "between-calls": "minimal" };

/** The options of a `plugin.json` that the compiler is told. */
export type CompileOptions = Pick<PluginManifest, "bounds" | "garbage" | "device">;

/**
 * Compiles a plugin's AssemblyScript source, with the glue of its contract, to a core module that
 * exports the canonical functions and imports nothing but its own resource's.
 *
 * @param entry The file that exports the plugin's class; its imports are resolved beside it
 * @param options What `plugin.json` says
 * @throws {CompileError} with file, line and column
 */
export async function compileAssemblyScript(
  contract: Contract,
  entry: URL,
  { bounds = "checked", garbage = "collected", device }: CompileOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { contract: contractText, glue, exportNames } = generateAssemblyScript(contract, {
    collectsBetweenCalls: garbage === "between-calls",
  });
  const generated = new Map([
    ["glue.ts", glue],
    [`node_modules/kvpim/${contract.interface.name}.ts`, contractText],
    [
      `node_modules/${PLUGIN_ENTRY}.ts`,
      `export * from "../../source/${entry.pathname.split("/").at(-1)?.replace(/\.ts$/, "")}";`,
    ],
  ]);
  if (device !== undefined) generated.set("node_modules/kvpim/device.ts", writeDevice(device));
  const readSource = (path: string): string | null =>
    generated.get(path) ?? readLocated(locateSource(path, entry));
  let binary: Uint8Array | undefined;
  const asc = await loadCompiler();
  const { error, stderr } = await asc.main([
    "glue.ts",
    ...["--outFile", "plugin.wasm", "--runtime", GARBAGE[garbage], "--use", "abort="],
    ...["-O3", "--noAssert", "--enable", "simd", "--debug"],
    ...["--uncheckedBehavior", BOUNDS[bounds]],
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
  if (!clean.startsWith("node_modules/kvpim/")) return null;
  const name = clean.slice("node_modules/kvpim/".length);
  const [prefix, folder] = LIBRARIES.find(([prefix]) => name.startsWith(prefix))!;
  return new URL(name.slice(prefix.length), folder);
}

/** @throws {CompileError} for a device that the tables do not have */
function writeDevice(device: DeviceDeclaration): string {
  try {
    return deviceModule(device);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CompileError(`plugin.json: device: ${error.message}`);
  }
}

function readLocated(file: URL | null): string | null {
  if (file === null) return null;
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new CompileError(`${file.pathname}: ${fileErrorWords(error)}`);
  }
}

/**
 * Compiles the AssemblyScript of this folder, once for each state of its sources.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCompiler } from "./compiler.ts";
import { keepFile } from "./keep_file.ts";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const OUTPUT = join(ROOT, ".build");

/** No imports, garbage collected only when asked. */
const FLAGS = ["-O3", "--runtime", "minimal", "--noAssert", "--use", "abort="];

/** Array bounds are checked where a test asks for it, and trusted where those tests have run. */
const BOUNDS = { checked: "never", trusted: "always" };

/** Whether a module checks the bounds of its arrays. */
export type Bounds = keyof typeof BOUNDS;

/** A compiled module. */
export interface BuiltModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of `bytes`, in hexadecimal. */
  readonly digest: string;
}

/**
 * Compiles a module, or takes it from `wasm/.build` where the same sources were compiled before.
 *
 * @param entry file to compile, relative to this folder, e.g. `"dram/assembly/index.ts"`
 * @param sources folders whose `.ts` files the module is made of
 * @param bounds whether array accesses are checked; about a third slower
 * @param simd whether 128-bit vector instructions are allowed
 * @throws {Error} with the compiler's message when the sources do not compile
 */
export async function buildModule(
  entry: string,
  sources: readonly string[],
  bounds: Bounds = "trusted",
  { simd = false } = {},
): Promise<BuiltModule> {
  const flags = [...FLAGS, "--uncheckedBehavior", BOUNDS[bounds]];
  if (simd) flags.push("--enable", "simd");
  const file = join(OUTPUT, `${await sourceDigest(entry, sources, flags)}.wasm`);
  const bytes = await readIfPresent(file) ?? await compileTo(file, entry, flags);
  return { bytes, digest: createHash("sha256").update(bytes).digest("hex") };
}

/** Digest of everything the output depends on: compiler, flags, entry and sources. */
async function sourceDigest(
  entry: string,
  folders: readonly string[],
  flags: readonly string[],
): Promise<string> {
  const hash = createHash("sha256");
  hash.update([import.meta.resolve("assemblyscript/asc"), ...flags, entry].join("\n"));
  for (const folder of folders) {
    const names = Array.from(Deno.readDirSync(join(ROOT, folder)), (item) => item.name)
      .filter((name) => name.endsWith(".ts")).sort();
    for (const name of names) {
      hash.update(`\n${folder}/${name}\n`);
      hash.update(await Deno.readFile(join(ROOT, folder, name)));
    }
  }
  return hash.digest("hex").slice(0, 32);
}

async function readIfPresent(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function compileTo(
  file: string,
  entry: string,
  flags: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const asc = await loadCompiler();
  let output: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main([entry, "--outFile", "module.wasm", ...flags], {
    readFile: (name) => readSource(name),
    writeFile: (_name, contents) => {
      output = Uint8Array.from(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error || !output) throw new Error(stderr.toString() || String(error));
  await keepFile(file, output);
  return output;
}

function readSource(name: string): string | null {
  try {
    return Deno.readTextFileSync(join(ROOT, name));
  } catch {
    return null; // The compiler asks for each name a module could have.
  }
}

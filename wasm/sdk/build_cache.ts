/**
 * Keeps built plugins of this repository in `wasm/.build`, by the digest of everything they are
 * built from.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { keepFile } from "../keep_file.ts";

const ROOT = new URL("../../", import.meta.url);
const CACHE = new URL("wasm/.build/", ROOT);

/** What any plugin may be built with. */
const SOURCES = ["wasm/sdk/", "wasm/wit/", "wasm/binary/", "wasm/dram/", "wasm/pim/"]
  .map((path) => new URL(path, ROOT));

/**
 * The component of a plugin of this repository, from the cache or built and kept there.
 *
 * @param folder the plugin's folder; its URL ends with a slash
 * @throws {Error} as `buildPlugin` does
 */
export async function builtComponent(folder: URL): Promise<Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256");
  for (const source of [folder, ...SOURCES]) addFolder(hash, source);
  hash.update(Deno.readFileSync(new URL("import_map.json", ROOT)));
  const name = folder.pathname.split("/").at(-2)!;
  const file = new URL(`${name}-${hash.digest("hex").slice(0, 32)}.component.wasm`, CACHE);
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  // Loaded only when needed: the compilers are far larger than what they make.
  const { buildPlugin } = await import("./build.ts");
  const { component } = await buildPlugin(folder);
  await keepFile(fileURLToPath(file), component);
  return component;
}

function addFolder(hash: ReturnType<typeof createHash>, folder: URL): void {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    const url = new URL(name, folder);
    if (isDirectory) addFolder(hash, new URL(`${url.href}/`));
    else if (!/_test\.ts$|\.md$/.test(name)) {
      hash.update(`\n${name}\n`).update(Deno.readFileSync(url));
    }
  }
}

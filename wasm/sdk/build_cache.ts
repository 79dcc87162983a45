/**
 * Keeps built plugins of this repository in `wasm/.build`, by the digest of everything they are
 * built from.
 *
 * @module
 */
import { createHash } from "node:crypto";

const ROOT = new URL("../../", import.meta.url);
const CACHE = new URL("wasm/.build/", ROOT);

/** Folders that any plugin may be built from, besides its own. */
const SOURCES = ["wasm/sdk/", "wasm/wit/", "wasm/binary/", "wasm/dram/", "wasm/pim/"];

/** Takes the component of `plugins/NAME` from the cache, or builds and keeps it. */
export async function cached(
  name: string,
  build: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256");
  for (const folder of [`plugins/${name}/`, ...SOURCES]) {
    addFolder(hash, new URL(folder, ROOT));
  }
  hash.update(Deno.readFileSync(new URL("import_map.json", ROOT)));
  const file = new URL(`${name}-${hash.digest("hex").slice(0, 32)}.component.wasm`, CACHE);
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const component = await build();
  const partial = new URL(`${file.href}.${crypto.randomUUID()}`);
  await Deno.mkdir(CACHE, { recursive: true });
  await Deno.writeFile(partial, component);
  await Deno.rename(partial, file);
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

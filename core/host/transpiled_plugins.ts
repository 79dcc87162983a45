import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TranspileCache } from "./transpile_cache.ts";

const ROOT = new URL("../../", import.meta.url);

/** What decides what becomes of a component, apart from its bytes and what is asked for. */
const FOLDERS = ["core/host/instrument/", "wasm/binary/"];
const FILES = [
  "core/host/admit.ts",
  "core/host/component_binary.ts",
  "core/host/transpile.ts",
  "import_map.json",
];

/**
 * Where plugins of this repository are kept taken apart, beside their builds: taking the first apart
 * costs a process more than a second. For those only: of strangers' there may be any number.
 */
export const transpiledPlugins = new TranspileCache(
  fileURLToPath(new URL(`wasm/.build/transpiled/${sourcesDigest()}/`, ROOT)),
);

/** A folder for each state of the sources, so that nobody has to think of what is kept. */
function sourcesDigest(): string {
  const hash = createHash("sha256");
  for (const path of [...FILES, ...FOLDERS.flatMap(sourcesIn)]) {
    hash.update(`${path}\n`).update(readFileSync(new URL(path, ROOT)));
  }
  return hash.digest("hex").slice(0, 32);
}

function sourcesIn(folder: string): string[] {
  return readdirSync(fileURLToPath(new URL(folder, ROOT)))
    .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .sort()
    .map((name) => folder + name);
}

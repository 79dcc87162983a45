import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { KindName } from "./run_spec.ts";

const ROOT = new URL("../../", import.meta.url);

/** Sources that are compiled to WebAssembly, which nothing imports. */
const MEMORY = ["wasm/dram/assembly/", "wasm/pim/assembly/"];
const COMPILED: Readonly<Record<KindName, readonly string[]>> = {
  simulate: MEMORY,
  dram: MEMORY,
  evaluate: [...MEMORY, "wasm/attention/assembly/", "wasm/token_sets/assembly/"],
};

/**
 * Other files of this repository that one brings in: imports but those of types, and workers.
 * Packages are pinned by the lock file.
 */
const IMPORT =
  /^(?:import|export)\b(?! type\b)[^;]*?\bfrom "(\.[^"]+)";|\bimport\("(\.[^"]+)"\)|new URL\("(\.[^"]+\.ts)", import\.meta\.url\)/gms;

/** SHA-256 of the sources that make the outputs of a kind of run, whatever their line ends. */
export function engineDigest(kind: KindName): string {
  const hash = createHash("sha256");
  for (const path of [...sources(kind)].sort()) {
    const source = readSource(new URL(path, ROOT));
    hash.update(`${path}\n${source.length}\n${source}`);
  }
  return hash.digest("hex");
}

/** Paths below the repository. */
export function sources(kind: KindName): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: URL) => {
    const path = pathOf(file);
    if (found.has(path)) return;
    found.add(path);
    for (const [, from, lazy, worker] of readSource(file).matchAll(IMPORT)) {
      visit(new URL((from ?? lazy ?? worker)!, file));
    }
  };
  visit(new URL(`kinds/${kind}.ts`, import.meta.url));
  for (const folder of COMPILED[kind]) {
    for (const name of readdirSync(fileURLToPath(new URL(folder, ROOT)))) {
      if (name.endsWith(".ts")) found.add(folder + name);
    }
  }
  return found;
}

function pathOf(file: URL): string {
  return relative(fileURLToPath(ROOT), fileURLToPath(file)).replaceAll("\\", "/");
}

function readSource(file: URL): string {
  return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
}

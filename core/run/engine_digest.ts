import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/** What makes a run's outputs, and all it imports. */
const ENTRY = new URL("run_spec.ts", import.meta.url);

/** Sources that are compiled to WebAssembly, which nothing imports. */
const COMPILED = ["wasm/dram/assembly/", "wasm/pim/assembly/"];

/** Imports of other files of this repository; packages are pinned by the lock file. */
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)";|\bimport\("(\.[^"]+)"\)/gms;

/** SHA-256 of the sources that make a run's outputs, whatever their line ends. */
export function engineDigest(): string {
  const hash = createHash("sha256");
  for (const path of [...sources()].sort()) {
    const source = readSource(new URL(path, ROOT));
    hash.update(`${path}\n${source.length}\n${source}`);
  }
  return hash.digest("hex");
}

/** Paths below the repository. */
export function sources(): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (file: URL) => {
    const path = pathOf(file);
    if (found.has(path)) return;
    found.add(path);
    for (const [, from, lazy] of readSource(file).matchAll(IMPORT)) {
      visit(new URL((from ?? lazy)!, file));
    }
  };
  visit(ENTRY);
  for (const folder of COMPILED) {
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

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CORE = fileURLToPath(new URL("../", import.meta.url));

/** Folders whose code makes a run's bytes. What runs in WebAssembly has a digest of its own. */
const FOLDERS = ["hardware", "memory", "run/kinds", "system"];

/** SHA-256 of the sources that make a run's outputs, whatever their line ends. */
export function engineDigest(): string {
  const hash = createHash("sha256");
  for (const folder of FOLDERS) {
    const names = readdirSync(join(CORE, folder))
      .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts")).sort();
    for (const name of names) {
      const source = readFileSync(join(CORE, folder, name), "utf8").replaceAll("\r\n", "\n");
      hash.update(`${folder}/${name}\n${source.length}\n${source}`);
    }
  }
  return hash.digest("hex");
}

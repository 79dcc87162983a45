/**
 * For tests only: material of the specification that lies beside a checkout, where it is present.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../shared/", import.meta.url);

/** Path of a file of the specification, e.g. `"golden/dense_orig.csv"`. */
export function sharedPath(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

/**
 * A test that needs the specification. It is skipped, and says so, where that is absent: it must
 * never be the only test of a thing.
 */
export function sharedTest(name: string, run: (t: Deno.TestContext) => void | Promise<void>) {
  const absent = !existsSync(fileURLToPath(ROOT));
  Deno.test({
    name: absent ? `${name} (skipped: ../shared is absent)` : name,
    ignore: absent,
    fn: run,
  });
}

/** Rows of a CSV file of the specification by column name; no field of them holds a comma. */
export function sharedRows(path: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(sharedPath(path), "utf8").trim().split(/\r?\n/);
  const names = header!.split(",");
  return lines.map((line) => {
    const fields = line.split(",");
    return Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ""]));
  });
}

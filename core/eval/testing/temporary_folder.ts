import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** For tests only: an empty folder that goes away with its scope. */
export function temporaryFolder(): Disposable & { path: (...names: string[]) => string } {
  const folder = mkdtempSync(join(tmpdir(), "kvpim-eval-"));
  return {
    path: (...names) => join(folder, ...names),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

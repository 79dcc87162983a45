import { equal, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("testdata/abort_computing_run.ts", import.meta.url));

for (const what of ["policy", "memory"]) {
  Deno.test(`a run that is ended while its ${what} computes leaves no thread that does`, async () => {
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", SCRIPT, what],
      // It waits until nothing computes any more.
      signal: AbortSignal.timeout(120_000),
    }).output();
    ok(success, "the threads end");
    equal(new TextDecoder().decode(stdout), "idle");
  });
}

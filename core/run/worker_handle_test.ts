import { equal, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";

Deno.test("a run that is ended leaves no thread that computes", async () => {
  const script = fileURLToPath(new URL("testdata/abort_computing_run.ts", import.meta.url));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script],
    // It waits until nothing computes any more.
    signal: AbortSignal.timeout(120_000),
  }).output();
  ok(success, "the threads end");
  equal(new TextDecoder().decode(stdout), "idle");
});

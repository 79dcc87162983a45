// Does what was loaded and run leave anything behind?
import assert from "node:assert/strict";

/**
 * Bytes a time, far below what is left behind where a session, its instance or its worker is not let
 * go of: 87 kB an instance, 26 kB a trapped one, 12 MB a worker. Measured: at most 2 kB, 3 kB and
 * 0.1 MB, depending on when the collector ran; nothing for loads and refusals.
 */
const MOST = {
  instances: 10_000,
  trappedInstances: 10_000,
  loads: 2_000,
  refusedFiles: 2_000,
  trapsInWorkers: 1_000_000,
};

Deno.test("instances, loads, refused files, traps and workers leave nothing behind", async () => {
  // Other tests take memory of this process at the same time.
  const script = new URL("testdata/print_growth.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", script],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const growth = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(Object.keys(growth), Object.keys(MOST));
  for (const [what, most] of Object.entries(MOST)) {
    assert.ok(growth[what] < most, `${what}: grew by ${growth[what]} bytes a time`);
  }
});

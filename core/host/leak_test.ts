// Does what was loaded and run leave anything behind?
import assert from "node:assert/strict";

Deno.test("1000 fresh instances and 1000 loads leave nothing behind", async () => {
  // Other tests take memory of this process at the same time.
  const script = new URL("testdata/print_growth.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { instances, loads } = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(instances < 150 * 2 ** 20, `instances: grew by ${instances} bytes`);
  assert.ok(loads < 150 * 2 ** 20, `loads: grew by ${loads} bytes`);
});

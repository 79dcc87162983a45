import assert from "node:assert/strict";
import { readContract } from "../../wasm/sdk/contracts.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { unwrap } from "./outcome.ts";
import { WorkerRunner } from "./worker_runner.ts";

const ATTEMPTS = {
  "read a file": "Deno.readTextFileSync('deno.json')",
  "read the environment": "Deno.env.get('HOME')",
  "run a program": "new Deno.Command('ls').outputSync()",
  "listen on the network": "Deno.listen({ port: 0 })",
  "load a library": "Deno.dlopen('libc.so.6', {})",
};

function start(instantiate: string, limits = DEFAULT_LIMITS): Promise<WorkerRunner> {
  const linker = `export function instantiate() { ${instantiate}; }`;
  return WorkerRunner.start({ linker }, new Map(), readContract("policy"), limits).then(
    (outcome) => unwrap(outcome),
  );
}

for (const [what, code] of Object.entries(ATTEMPTS)) {
  Deno.test(`code in a plugin's worker cannot ${what}`, async () => {
    const runner = await start(code);
    await assert.rejects(runner.instantiate(), /NotCapable|Requires \w+ access/);
    runner.close();
  });
}

Deno.test("a worker that dies between calls is noticed by the next, and by those after it", async () => {
  const died = /^Error: Expected the plugin's worker to go on but it failed: .*out of the blue/;
  const dies = "setTimeout(() => { throw new Error('out of the blue') })";
  const runner = await start(dies, { ...DEFAULT_LIMITS, wallMsPerCall: 5000 });
  await runner.instantiate().catch(() => {});
  // Whether it has died by now or not, the next call hears of it.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await assert.rejects(runner.call(0, "describe", []), died);
  await assert.rejects(runner.instantiate(), died);
  runner.discard(0);
  runner.close();
});

Deno.test("closing ends the call that is under way, and its clock with it", async () => {
  // Not a loop: nothing would end that one.
  const sleeps = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000)";
  const runner = await start(sleeps, { ...DEFAULT_LIMITS, wallMsPerCall: 5000 });
  const closed = {
    kind: "broke-contract",
    breach: "Expected a running plugin but it was closed",
  };
  const calls = [runner.instantiate(), runner.instantiate()];
  // Its turn comes first; then it is sent.
  await Promise.resolve();
  runner.close();
  assert.deepEqual(await Promise.all(calls), [closed, closed]);
});

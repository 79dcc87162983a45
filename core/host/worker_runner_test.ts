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

for (const [what, code] of Object.entries(ATTEMPTS)) {
  Deno.test(`code in a plugin's worker cannot ${what}`, async () => {
    const linker = `export function instantiate() { ${code}; }`;
    const contract = readContract("policy");
    const runner = unwrap(
      await WorkerRunner.start({ linker }, new Map(), contract, DEFAULT_LIMITS),
    );
    await assert.rejects(runner.instantiate(), /NotCapable|Requires \w+ access/);
    runner.close();
  });
}

import { deepEqual } from "node:assert/strict";
import { MEMORY_CHECKS } from "../core/conformance/memory_checks.ts";
import { runChecks } from "../core/conformance/run_checks.ts";
import { unwrap } from "../core/host/mod.ts";
import { builtInMemories } from "../core/memory/built_in_memories.ts";
import { builtMemory } from "./testing/memory.ts";

for (const name of Object.keys(builtInMemories)) {
  Deno.test(`${name} does what every memory must, metered in a worker`, async () => {
    const memory = await builtMemory(name, { isolation: "worker" });
    try {
      const description = unwrap(await memory.describe());
      const results = await Array.fromAsync(runChecks({ memory, description }, MEMORY_CHECKS));
      const failures = results.filter(({ failure }) => failure !== undefined);
      deepEqual(failures.map(({ name, failure }) => `${name}: ${failure}`), []);
    } finally {
      memory.close();
    }
  });
}

import { deepEqual, equal } from "node:assert/strict";
import { dramPicojoulesPerBit, pimEnergy } from "../../core/hardware/energies.ts";
import { unwrap } from "../../core/host/mod.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";
import { builtMemory } from "../testing/memory.ts";
import {
  type MemoryFact,
  testAgainstEngine,
  testEveryWayOfRunning,
  testFacts,
  testHostileInput,
  testTraces,
} from "../testing/memory_tests.ts";

const NAME = "hbm3-pim-buffer";

/** As Ramulator 2 with AttAcc's patches gives them. */
const FACTS: MemoryFact[] = [
  [{ contextTokens: 257, heads: 3, partitionTokens: 4096 }, [4194, 6192, 3, 27, 51, 24]],
  [{ contextTokens: 512, heads: 32, partitionTokens: 4096 }, [17905, 131088, 32, 512, 768, 256]],
];

Deno.test("hbm3-pim-buffer takes the cycles and sends the commands of the reference", async () => {
  await testFacts(NAME, "buffer", FACTS);
});

Deno.test("hbm3-pim-buffer counts and charges what the engine called directly does", async () => {
  await testAgainstEngine(NAME, "buffer");
});

Deno.test("hbm3-pim-buffer answers the same metered or not, in a fresh instance or a used one", async () => {
  await testEveryWayOfRunning(NAME, "buffer");
});

Deno.test("hbm3-pim-buffer runs a program's trace as it runs the program", async () => {
  await testTraces(NAME, "buffer");
});

Deno.test("hbm3-pim-buffer names what it cannot serve and never traps", async () => {
  await testHostileInput(NAME, "buffer");
});

Deno.test("hbm3-pim-buffer says what it is, with the energies of this project's stack", async () => {
  const description = unwrap(await (await builtMemory(NAME)).describe());
  equal(description.name, NAME);
  deepEqual(description.levels, [{ level: "buffer", blockTokens: 2 }]);
  deepEqual(description.powerBudgets, ["limited", "unlimited"]);
  deepEqual([description.cycleNs, description.channels], [0.769, 16]);
  equal(description.capacityBytes, 16 * 2 ** 30);
  const { device } = readPluginManifest(new URL("./", import.meta.url));
  deepEqual(device!.energy, {
    ...dramPicojoulesPerBit,
    multiplyAdd: pimEnergy.aluPicojoulesPerMultiplyAdd,
  });
});

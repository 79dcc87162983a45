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

const NAME = "hbm3-pim-bankgroup";

/** As Ramulator 2 with AttAcc's patches gives them. */
const FACTS: MemoryFact[] = [
  [{ contextTokens: 1000, partitionTokens: 4096 }, [6623, 13104, 13, 416, 624, 104]],
  [{ contextTokens: 512, heads: 39, headDim: 160, elementBytes: 1, partitionTokens: 4096 }, [
    6457,
    12496,
    39,
    310,
    1014,
    195,
  ]],
];

Deno.test("hbm3-pim-bankgroup takes the cycles and sends the commands of the reference", async () => {
  await testFacts(NAME, "bankgroup", FACTS);
});

Deno.test("hbm3-pim-bankgroup counts and charges what the engine called directly does", async () => {
  await testAgainstEngine(NAME, "bankgroup");
});

Deno.test("hbm3-pim-bankgroup answers the same metered or not, in a fresh instance or a used one", async () => {
  await testEveryWayOfRunning(NAME, "bankgroup");
});

Deno.test("hbm3-pim-bankgroup runs a program's trace as it runs the program", async () => {
  await testTraces(NAME, "bankgroup");
});

Deno.test("hbm3-pim-bankgroup names what it cannot serve and never traps", async () => {
  await testHostileInput(NAME, "bankgroup");
});

Deno.test("hbm3-pim-bankgroup says what it is, with the energies of this project's stack", async () => {
  const description = unwrap(await (await builtMemory(NAME)).describe());
  equal(description.name, NAME);
  deepEqual(description.levels, [{ level: "bankgroup", blockTokens: 16 }]);
  deepEqual(description.powerBudgets, ["limited", "unlimited"]);
  deepEqual([description.cycleNs, description.channels], [0.769, 16]);
  equal(description.capacityBytes, 16 * 2 ** 30);
  const { device } = readPluginManifest(new URL("./", import.meta.url));
  deepEqual(device!.energy, {
    ...dramPicojoulesPerBit,
    multiplyAdd: pimEnergy.aluPicojoulesPerMultiplyAdd,
  });
});

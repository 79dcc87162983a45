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

const NAME = "hbm3-jedec-bank";

/** As this project's engine gave them when the table was written; commands are hbm3-pim-bank's. */
const FACTS: MemoryFact[] = [
  [{ contextTokens: 16, heads: 1 }, [137, 4, 1, 8, 24, 8]],
  [{ contextTokens: 257, heads: 3 }, [693, 204, 3, 48, 96, 24]],
  [{ contextTokens: 257, heads: 3, power: "unlimited" }, [503, 204, 3, 48, 96, 24]],
  [{ contextTokens: 2049 }, [4750, 6708, 13, 936, 1144, 104]],
  [{ contextTokens: 9000, keptTokens: 4384 }, [10407, 14248, 13, 1872, 2080, 104]],
];

Deno.test("hbm3-jedec-bank takes the cycles it took", async () => {
  await testFacts(NAME, "bank", FACTS);
});

Deno.test("hbm3-jedec-bank counts and charges what the engine called directly does", async () => {
  await testAgainstEngine(NAME, "bank");
});

Deno.test("hbm3-jedec-bank answers the same metered or not, in a fresh instance or a used one", async () => {
  await testEveryWayOfRunning(NAME, "bank");
});

Deno.test("hbm3-jedec-bank runs a program's trace as it runs the program", async () => {
  await testTraces(NAME, "bank");
});

Deno.test("hbm3-jedec-bank names what it cannot serve and never traps", async () => {
  await testHostileInput(NAME, "bank");
});

Deno.test("hbm3-jedec-bank says what it is, with the energies of this project's stack", async () => {
  const description = unwrap(await (await builtMemory(NAME)).describe());
  equal(description.name, NAME);
  deepEqual(description.levels, [{ level: "bank", blockTokens: 16 }]);
  deepEqual(description.powerBudgets, ["limited", "unlimited"]);
  deepEqual([description.cycleNs, description.channels], [0.625, 16]);
  equal(description.capacityBytes, 16 * 2 ** 30);
  const { device } = readPluginManifest(new URL("./", import.meta.url));
  deepEqual(device!.energy, {
    ...dramPicojoulesPerBit,
    multiplyAdd: pimEnergy.aluPicojoulesPerMultiplyAdd,
  });
});

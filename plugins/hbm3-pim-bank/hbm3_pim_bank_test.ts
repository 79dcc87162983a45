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

const NAME = "hbm3-pim-bank";

/** As Ramulator 2 with AttAcc's patches gives them. */
const FACTS: MemoryFact[] = [
  [{ contextTokens: 16, heads: 1 }, [115, 4, 1, 8, 24, 8]],
  [{ contextTokens: 257, heads: 3 }, [579, 204, 3, 48, 96, 24]],
  [{ contextTokens: 257, heads: 3, power: "unlimited" }, [453, 204, 3, 48, 96, 24]],
  [{ contextTokens: 512, heads: 32, partitionTokens: 4096 }, [1855, 4112, 32, 512, 1024, 256]],
  [{ contextTokens: 512, heads: 39, headDim: 160, elementBytes: 1, partitionTokens: 4096 }, [
    2783,
    5008,
    39,
    312,
    1248,
    312,
  ]],
  [{ contextTokens: 2049 }, [3930, 6708, 13, 936, 1144, 104]],
  [{ contextTokens: 9000, keptTokens: 4384 }, [8712, 14248, 13, 1872, 2080, 104]],
  [{ contextTokens: 2049, heads: 39, keptTokens: 1024 }, [6040, 10000, 39, 1248, 1872, 312]],
  [{ contextTokens: 512, keptTokens: 256, clustering: true }, [5103, 1768, 13, 10296, 936, 8424]],
];

Deno.test("hbm3-pim-bank takes the cycles and sends the commands of the reference", async () => {
  await testFacts(NAME, "bank", FACTS);
});

Deno.test("hbm3-pim-bank counts and charges what the engine called directly does", async () => {
  await testAgainstEngine(NAME, "bank");
});

Deno.test("hbm3-pim-bank answers the same metered or not, in a fresh instance or a used one", async () => {
  await testEveryWayOfRunning(NAME, "bank");
});

Deno.test("hbm3-pim-bank runs a program's trace as it runs the program", async () => {
  await testTraces(NAME, "bank");
});

Deno.test("hbm3-pim-bank names what it cannot serve and never traps", async () => {
  await testHostileInput(NAME, "bank");
});

Deno.test("hbm3-pim-bank says what it is, with the energies of this project's stack", async () => {
  const description = unwrap(await (await builtMemory(NAME)).describe());
  equal(description.name, NAME);
  deepEqual(description.levels, [{ level: "bank", blockTokens: 16 }]);
  deepEqual(description.powerBudgets, ["limited", "unlimited"]);
  deepEqual([description.cycleNs, description.channels], [0.769, 16]);
  equal(description.capacityBytes, 16 * 2 ** 30);
  const { device } = readPluginManifest(new URL("./", import.meta.url));
  deepEqual(device!.energy, {
    ...dramPicojoulesPerBit,
    multiplyAdd: pimEnergy.aluPicojoulesPerMultiplyAdd,
  });
});

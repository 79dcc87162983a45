/**
 * For tests only: the tests that every memory model of this repository is registered with.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { dramPicojoulesPerBit, pimEnergy } from "../../core/hardware/energies.ts";
import { unwrap } from "../../core/host/mod.ts";
import type { PimLevel } from "../../core/memory/memory_model.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";
import { builtMemory, folderOf } from "./memory.ts";
import {
  type MemoryFact,
  testAgainstEngine,
  testEveryWayOfRunning,
  testFacts,
  testHostileInput,
  testTraces,
} from "./memory_tests.ts";

/** What is known of a memory model. */
export interface KnownMemory {
  readonly level: PimLevel;
  /** Tokens that a channel's units work on at once. */
  readonly blockTokens: number;
  readonly cycleNs: number;
  /** What it does by the facts: `"takes the cycles of the reference"`. */
  readonly does: string;
  readonly facts: readonly MemoryFact[];
}

/** Registers the tests of `plugins/NAME`. */
export function testBuiltInMemory(
  name: string,
  { level, blockTokens, cycleNs, does, facts }: KnownMemory,
): void {
  const test = (what: string, run: () => Promise<void>) => Deno.test(`${name} ${what}`, run);
  test(does, () => testFacts(name, level, facts));
  test("counts and charges what the engine called directly does", () => {
    return testAgainstEngine(name, level);
  });
  test("answers the same metered or not, in a fresh instance or a used one", () => {
    return testEveryWayOfRunning(name, level);
  });
  test("runs a program's trace as it runs the program", () => testTraces(name, level));
  test("names what it cannot serve and never traps", () => testHostileInput(name, level));
  test("says what it is, with the energies of this project's stack", async () => {
    const description = unwrap(await (await builtMemory(name)).describe());
    equal(description.name, name);
    deepEqual(description.levels, [{ level, blockTokens }]);
    deepEqual(description.powerBudgets, ["limited", "unlimited"]);
    deepEqual([description.cycleNs, description.channels], [cycleNs, 16]);
    equal(description.capacityBytes, 16 * 2 ** 30);
    const { device } = readPluginManifest(folderOf(name));
    deepEqual(device!.energy, {
      ...dramPicojoulesPerBit,
      multiplyAdd: pimEnergy.aluPicojoulesPerMultiplyAdd,
    });
  });
}

import { type Device, resolveDevice } from "../../wasm/dram/device.ts";
import { deviceForQueries } from "../../wasm/dram/queries.ts";
import { STANDARDS } from "../../wasm/dram/standards/mod.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";
import type { BuiltInMemoryName } from "./built_in_memories.ts";
import type { PowerBudget } from "./memory_model.ts";

/**
 * The device that a memory model of this repository is built around.
 *
 * @param queries queries that each MAC serves
 *
 * @example
 * ```ts
 * import { declaredDevice } from "./declared_device.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(declaredDevice("hbm3-pim-bank", "limited").timing.nCCDAB, 6);
 * equal(declaredDevice("hbm3-jedec-bank", "limited").clockPs, 625);
 * ```
 */
export function declaredDevice(
  name: BuiltInMemoryName,
  power: PowerBudget,
  queries = 1,
): Device {
  const { device } = readPluginManifest(new URL(`../../plugins/${name}/`, import.meta.url));
  const timing = device?.timings[power];
  const standard = device && STANDARDS[device.standard];
  if (!device || !standard || timing === undefined) {
    throw new RangeError(`Expected ${name} to declare a device with power ${power}`);
  }
  const { organisation, channels, unitMegahertz } = device;
  const resolved = resolveDevice(standard, { organisation, channels, timing });
  return unitMegahertz === undefined
    ? resolved
    : deviceForQueries(resolved, queries, unitMegahertz);
}

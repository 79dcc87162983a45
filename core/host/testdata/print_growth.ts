// Prints by how many bytes the process grows each time that something is done, after it was done some
// times: run in a process of its own, where nothing else takes memory, with --v8-flags=--expose-gc.
import { setTimeout as pause } from "node:timers/promises";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { unwrap } from "../outcome.ts";
import { loadPolicy, type Policy } from "../policy.ts";
import { hostileComponent, openHostile, STEP } from "./hostile_policy.ts";

const { gc } = globalThis as { gc?: () => void };
const component = await builtComponent(new URL("../../../plugins/full/", import.meta.url));
const hostile = await hostileComponent;
const policy = unwrap(await loadPolicy(hostile, { isolation: "none" }));

async function instance(policy: Policy, deed: string) {
  const session = await openHostile(policy, deed);
  const { kind } = await session.select(STEP);
  if ((kind === "trapped") !== (deed === "trap")) throw new Error(`${deed} ended as ${kind}`);
  session.close();
}

async function load() {
  unwrap(await loadPolicy(component, { isolation: "none" })).close();
}

async function refusedFile() {
  const { kind } = await loadPolicy(component.subarray(0, 1000));
  if (kind !== "refused") throw new Error(`a file cut short ended as ${kind}`);
}

async function trapInWorker() {
  const own = unwrap(await loadPolicy(hostile));
  await instance(own, "trap");
  own.close();
}

/** Bytes the process grows by a time, after as many times in which it grows to what it needs. */
async function growthOf(action: () => Promise<void>, times: number): Promise<number> {
  for (let i = 0; i < times; i++) await action();
  const before = await memoryBytes();
  for (let i = 0; i < times; i++) await action();
  return (await memoryBytes() - before) / times;
}

/** What is in use once nothing is left to collect: memories of instances go a moment later. */
async function memoryBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc?.();
    await pause(20);
  }
  return Deno.memoryUsage().rss;
}

const growth = {
  instances: await growthOf(() => instance(policy, "behave"), 1400),
  trappedInstances: await growthOf(() => instance(policy, "trap"), 100),
  loads: await growthOf(load, 1000),
  refusedFiles: await growthOf(refusedFile, 1000),
  trapsInWorkers: await growthOf(trapInWorker, 10),
};
policy.close();
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(growth)));

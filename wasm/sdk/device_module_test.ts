import assert from "node:assert/strict";
import { loadMemory, type MemoryOutcome, unwrap } from "../../core/host/mod.ts";
import type { Description } from "../wit/memory/since-v0.1.0/memory.ts";
import { buildPlugin } from "./build.ts";
import type { DeviceDeclaration } from "./device_declaration.ts";
import { deviceModule } from "./device_module.ts";
import { readPluginManifest } from "./plugin_manifest.ts";

const BANK = new URL("../../plugins/hbm3-pim-bank/", import.meta.url);
const DEVICE = readPluginManifest(BANK).device!;

/** Runs an action with a folder like another plugin's, its plugin.json or source changed. */
async function withPlugin(
  like: URL,
  changes: object,
  source: (text: string) => string,
  action: (folder: URL) => Promise<void>,
): Promise<void> {
  const path = await Deno.makeTempDir();
  try {
    const folder = new URL(`file://${path}/`);
    const manifest = readPluginManifest(like);
    const changed = JSON.stringify({ ...manifest, ...changes });
    await Deno.writeTextFile(new URL("plugin.json", folder), changed);
    const text = await Deno.readTextFile(new URL(manifest.entry, like));
    await Deno.writeTextFile(new URL(manifest.entry, folder), source(text));
    await action(folder);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const asItIs = (text: string) => text;

Deno.test("a device says what its engine and its author need to know", () => {
  const text = deviceModule(DEVICE);
  for (
    const line of [
      "export const CYCLE_NS: f64 = 0.769;",
      "export const CHANNELS: i32 = 16;",
      "export const CAPACITY_BYTES: u64 = 17179869184;",
      "export const MOST_QUERIES: u32 = 16;",
      "export const BANK_GROUP_MUX_PICOJOULES: f64 = 1.01;",
      "export const REQUEST_BANKS: StaticArray<i32> = [1,1,64,16,2,0,0,0,0,0,0,0];",
    ]
  ) assert.ok(text.includes(line), line);
});

Deno.test("without a clock of the units a MAC serves one query", () => {
  const { unitMegahertz: _, ...device } = DEVICE;
  assert.ok(deviceModule(device).includes("export const MOST_QUERIES: u32 = 1;"));
});

const UNKNOWN: [change: Partial<DeviceDeclaration>, message: RegExp][] = [
  [{ standard: "HBM9" }, /Expected a standard that is one of HBM3-PIM, .* but found "HBM9"$/],
  [{ organisation: "big" }, /Expected organisation to be one of .* but found "big"$/],
  [{ timings: { limited: "fast" } }, /Expected timing to be one of .* but found "fast"$/],
];

Deno.test("what the tables do not have is named", () => {
  for (const [change, message] of UNKNOWN) {
    assert.throws(() => deviceModule({ ...DEVICE, ...change }), { name: "RangeError", message });
  }
});

Deno.test("a build names the table's mistake in plugin.json", async () => {
  const device = { ...DEVICE, organisation: "big" };
  await withPlugin(BANK, { device }, asItIs, async (folder) => {
    await assert.rejects(buildPlugin(folder), {
      name: "CompileError",
      message: /^plugin.json: device: Expected organisation to be one of/,
    });
  });
});

Deno.test("an organisation that programs are not written for does not compile", async () => {
  const device = { ...DEVICE, organisation: "HBM3_16Gb_2R" };
  await withPlugin(BANK, { device }, asItIs, async (folder) => {
    await assert.rejects(buildPlugin(folder), {
      name: "CompileError",
      message: /Expected a device with the organisation that attention programs are written for/,
    });
  });
});

Deno.test("a power budget without timings is one the memory does not know", () => {
  const text = deviceModule({ ...DEVICE, timings: { limited: DEVICE.timings.limited } });
  assert.ok(text.includes("const IMAGE_1: StaticArray<i32> = new StaticArray<i32>(0);"));
  assert.ok(!deviceModule(DEVICE).includes("new StaticArray<i32>(0)"));
});

/** A description that reads a word beyond an array. */
const beyond = (text: string) =>
  text.replace(
    "    description.channels = 16;",
    "    const words = new StaticArray<i32>(4);\n" +
      "    description.channels = 1 + words[description.name.length] * 0;",
  );

Deno.test("an index outside an array traps where bounds are checked, and not where trusted", async () => {
  const ideal = new URL("./testdata/ideal/", import.meta.url);
  const describe = async (bounds: "checked" | "trusted") => {
    let outcome;
    await withPlugin(ideal, { bounds }, beyond, async (folder) => {
      const { component } = await buildPlugin(folder);
      outcome = await unwrap(await loadMemory(component, { isolation: "none" })).describe();
    });
    return outcome as unknown as MemoryOutcome<Description>;
  };
  assert.equal((await describe("checked")).kind, "trapped");
  assert.equal(unwrap(await describe("trusted")).channels, 1);
});

Deno.test("options that a plugin has no use for are refused", async () => {
  const changes: [object, RegExp][] = [
    [{ lang: "c", entry: "memory.c" }, /bounds: Expected the language as but found c$/],
    [{ kind: "policy" }, /device: Expected a memory but found a policy$/],
    [{ bounds: "none" }, /bounds: /],
    [{ device: { ...DEVICE, energy: { ...DEVICE.energy, cell: -1 } } }, /device.energy.cell: /],
  ];
  for (const [change, message] of changes) {
    await withPlugin(BANK, change, asItIs, (folder) => {
      assert.throws(() => readPluginManifest(folder), { name: "PluginManifestError", message });
      return Promise.resolve();
    });
  }
});

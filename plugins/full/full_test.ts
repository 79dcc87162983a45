import assert from "node:assert/strict";
import { loadPolicy, unwrap } from "../../core/host/mod.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";
import { FullReference } from "../reference/full.ts";
import { testAgainstReference } from "../testing/equality.ts";

const FOLDER = new URL("./", import.meta.url);
const NONE = new Float32Array(0);

Deno.test("full attends to everything, keeps nothing and reads nothing", async () => {
  const policy = unwrap(await loadPolicy(await builtComponent(FOLDER)));
  const session = unwrap(
    await policy.open({
      layer: 0,
      layers: 1,
      queryHeads: 4,
      kvHeads: 2,
      headDim: 8,
      elementBytes: 2,
      budget: 1,
      maxTokens: 8,
      seed: 0,
      parameters: [],
      calibration: new Uint8Array(0),
      queryProjection: NONE,
      keyProjection: NONE,
    }),
  );
  const tokens = { count: 3, keys: NONE, values: NONE, unrotatedKeys: NONE };
  unwrap(await session.prefill(tokens));
  const update = unwrap(await session.endPrefill());
  assert.deepEqual(update.placement.slots, new Uint32Array(0));
  assert.deepEqual(update.evicted.offsets, new Uint32Array(0));
  unwrap(await session.append({ ...tokens, count: 1 }));
  const selection = unwrap(
    await session.select({
      position: 3,
      queries: NONE,
      speculatedQueries: NONE,
      previousHidden: NONE,
    }),
  );
  assert.deepEqual(selection, {
    visible: { tag: "everything" },
    bias: NONE,
    meanValueWeights: NONE,
    accesses: [],
  });
  policy.close();
});

Deno.test("full asks for nothing and is bound by no budget", async () => {
  const policy = unwrap(await loadPolicy(await builtComponent(FOLDER), { isolation: "none" }));
  const description = unwrap(await policy.describe());
  assert.equal(description.name, readPluginManifest(FOLDER).name);
  assert.deepEqual(description.inputs, []);
  assert.deepEqual(description.denseLayers, new Uint32Array(0));
  assert.deepEqual(description.budget, { tag: "unbound" });
});

Deno.test("full takes no parameters", async () => {
  const policy = unwrap(await loadPolicy(await builtComponent(FOLDER), { isolation: "none" }));
  const outcome = await policy.describe([{ tag: "flag", value: true }]);
  assert.deepEqual(outcome.kind === "declined" && outcome.error, {
    tag: "parameter-count",
    value: { expected: 0, found: 1 },
  });
});

testAgainstReference("full", [
  { name: "defaults", reference: (shape) => new FullReference(shape) },
]);

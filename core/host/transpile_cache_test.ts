import assert from "node:assert/strict";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { loadPolicy } from "./policy.ts";
import { digestOf } from "./transpile.ts";
import { TranspileCache } from "./transpile_cache.ts";
import { unwrap } from "./outcome.ts";

const built = builtComponent(new URL("../../plugins/full/", import.meta.url));
const RULES = { exports: "kvpim:policy/policy@0.1.0", limits: DEFAULT_LIMITS };
const WHAT = { fuel: true, canonicalNaN: true };

Deno.test("a transpiled component is found again, in this process and in a folder", async () => {
  const component = await built;
  const folder = await Deno.makeTempDir();
  try {
    const cache = new TranspileCache(folder);
    const first = await cache.transpile(component, RULES, WHAT);
    assert.equal(first.digest, digestOf(component));
    assert.equal(await cache.transpile(component, RULES, WHAT), first);
    const again = await new TranspileCache(folder).transpile(component, RULES, WHAT);
    assert.deepEqual(again, first);
    assert.equal([...Deno.readDirSync(folder)].length, 1);
    const policy = unwrap(await loadPolicy(component, { cache: new TranspileCache(folder) }));
    assert.equal(unwrap(await policy.describe()).name, "full");
    policy.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("other limits or instrumentation are other entries", async () => {
  const component = await built;
  const folder = await Deno.makeTempDir();
  try {
    const cache = new TranspileCache(folder);
    await cache.transpile(component, RULES, WHAT);
    const limited = (limits: Partial<Limits>) => ({
      ...RULES,
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    await cache.transpile(component, limited({ memoryBytes: 2 ** 20 }), WHAT);
    await cache.transpile(component, RULES, { ...WHAT, fuel: false });
    await cache.transpile(component, limited({ fuelPerCall: 1 }), WHAT);
    assert.equal([...Deno.readDirSync(folder)].length, 3, "fuel per call changes no code");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what was admitted as a policy is not taken for a memory", async () => {
  const component = await built;
  const cache = new TranspileCache();
  await cache.transpile(component, RULES, WHAT);
  await assert.rejects(
    cache.transpile(component, { ...RULES, exports: "kvpim:memory/memory@0.1.0" }, WHAT),
    {
      name: "RefusedError",
      refusal: { why: "missing-export", exports: ["kvpim:memory/memory@0.1.0"] },
    },
  );
});

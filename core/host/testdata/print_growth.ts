// Prints by how many bytes the process grows over 950 fresh instances of a policy, after 50: run in a
// process of its own, where nothing else takes memory.
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { unwrap } from "../outcome.ts";
import { loadPolicy } from "../policy.ts";

const component = await builtComponent(new URL("../../../plugins/full/", import.meta.url));
const policy = unwrap(await loadPolicy(component));
const open = async () => {
  const session = unwrap(
    await policy.open({
      layer: 2,
      layers: 4,
      queryHeads: 4,
      kvHeads: 2,
      headDim: 8,
      elementBytes: 2,
      budget: 4,
      maxTokens: 16,
      seed: 1,
      parameters: [],
      calibration: new Uint8Array(),
      queryProjection: new Float32Array(),
      keyProjection: new Float32Array(),
    }),
  );
  session.close();
};
for (let i = 0; i < 50; i++) await open();
const before = Deno.memoryUsage().rss;
for (let i = 0; i < 950; i++) await open();
const growth = Deno.memoryUsage().rss - before;
policy.close();
await Deno.stdout.write(new TextEncoder().encode(String(growth)));

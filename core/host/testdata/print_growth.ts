// Prints by how many bytes the process grows over 950 fresh instances of a policy, after 50, and over
// 950 loads of it, after 50: run in a process of its own, where nothing else takes memory.
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
const load = async () => unwrap(await loadPolicy(component, { isolation: "none" })).close();

/** Bytes the process grows by. */
async function growthOver(action: () => Promise<void>): Promise<number> {
  for (let i = 0; i < 50; i++) await action();
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < 950; i++) await action();
  return Deno.memoryUsage().rss - before;
}

const instances = await growthOver(open);
policy.close();
const loads = await growthOver(load);
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ instances, loads })));

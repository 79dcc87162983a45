import { deepEqual, match, ok, rejects } from "node:assert/strict";
import { unwrap } from "../host/outcome.ts";
import { loadPolicy } from "../host/policy.ts";
import { transpiledPlugins } from "../host/transpiled_plugins.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import type { KvPolicy } from "./kv_policy.ts";
import { LanguageModel } from "./language_model.ts";
import { pluginPolicy } from "./plugin_policy.ts";
import { randomCheckpoint, randomTokens, relativeError } from "./testing/random_checkpoint.ts";

const LOADED = { isolation: "none", cache: transpiledPlugins } as const;

/** Logits of the last of some steps after a prompt. */
async function decode(policy?: KvPolicy): Promise<Float32Array> {
  using directory = randomCheckpoint({ num_hidden_layers: 3 });
  const model = await LanguageModel.open(directory.path);
  const sequence = await model.sequence(policy && { policy });
  const tokens = randomTokens(24, 64);
  let logits = await sequence.prefill(tokens.slice(0, 16));
  for (const token of tokens.slice(16)) logits = await sequence.step(token);
  sequence.close();
  await model.close();
  return logits;
}

Deno.test("a plugin of full attention decodes like the model itself", async () => {
  const component = await builtComponent(new URL("../../plugins/full/", import.meta.url));
  const plugin = unwrap(await loadPolicy(component, LOADED));
  deepEqual(await decode(await pluginPolicy(plugin, { budget: 4 })), await decode());
  plugin.close();
});

/** A plain selector, one that rotates by rank, and one that observes and evicts. */
for (const name of ["starc", "streaming-llm", "h2o"]) {
  Deno.test(`${name} with a budget for every token decodes like the model itself`, async () => {
    const component = await builtComponent(new URL(`../../plugins/${name}/`, import.meta.url));
    const plugin = unwrap(await loadPolicy(component, LOADED));
    const found = await decode(await pluginPolicy(plugin, { budget: 64 }));
    ok(relativeError(found, await decode()) < 1e-5);
    const less = await decode(await pluginPolicy(plugin, { budget: 8 }));
    ok(relativeError(less, found) > 1e-3);
    plugin.close();
  });
}

Deno.test("what a plugin did wrong ends the decoding in one line", async () => {
  const hostile = new URL("../../wasm/sdk/testdata/hostile/", import.meta.url);
  const component = await builtComponent(hostile);
  const plugin = unwrap(await loadPolicy(component, LOADED));
  const { parameters } = unwrap(await plugin.describe());
  const [deeds] = parameters.map(({ kind }) => kind.tag === "choice" ? kind.value.options : []);
  const choose = (deed: string) => [{ tag: "choice", value: deeds!.indexOf(deed) }] as const;
  const decodeDoing = async (deed: string) =>
    decode(await pluginPolicy(plugin, { budget: 4, parameters: choose(deed) }));
  await rejects(decodeDoing("index-out-of-range"), (error: Error) => {
    match(error.message, /^broke the contract: [^\n]+$/);
    return true;
  });
  await rejects(decodeDoing("trap"), /^PluginFailure: trapped/);
  plugin.close();
});

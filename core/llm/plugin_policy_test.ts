import { deepEqual, match, ok, rejects } from "node:assert/strict";
import { unwrap } from "../host/outcome.ts";
import type { LoadOptions } from "../host/load_plugin.ts";
import { loadPolicy } from "../host/policy.ts";
import { transpiledPlugins } from "../host/transpiled_plugins.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import type {
  Awaitable,
  DecodeObserver,
  KvPolicy,
  KvPolicySession,
  PolicyLayer,
} from "./kv_policy.ts";
import { LanguageModel } from "./language_model.ts";
import { pluginPolicy } from "./plugin_policy.ts";
import { randomCheckpoint, randomTokens, relativeError } from "./testing/random_checkpoint.ts";

const LOADED = { isolation: "none", cache: transpiledPlugins } as const;

/** Logits of the last of some steps after a prompt. */
async function decode(policy?: KvPolicy, observer: DecodeObserver = {}): Promise<Float32Array> {
  using directory = randomCheckpoint({ num_hidden_layers: 3 });
  const model = await LanguageModel.open(directory.path);
  const sequence = await model.sequence({ observer, ...policy && { policy } });
  const tokens = randomTokens(24, 64);
  let logits = await sequence.prefill(tokens.slice(0, 16));
  for (const token of tokens.slice(16)) logits = await sequence.step(token);
  sequence.close();
  await model.close();
  return logits;
}

Deno.test("a plugin of full attention decodes like the model itself", async () => {
  using plugin = await loadBuiltIn("full");
  deepEqual(await decode(await pluginPolicy(plugin, { budget: 4 })), await decode());
});

/** A plain selector, one that rotates by rank, and one that observes and evicts. */
const POLICIES = ["starc", "streaming-llm", "h2o"];
for (const name of POLICIES) {
  Deno.test(`${name} with a budget for every token decodes like the model itself`, async () => {
    using plugin = await loadBuiltIn(name);
    const found = await decode(await pluginPolicy(plugin, { budget: 64 }));
    ok(relativeError(found, await decode()) < 1e-5);
    const less = await decode(await pluginPolicy(plugin, { budget: 8 }));
    ok(relativeError(less, found) > 1e-3);
  });

  Deno.test(`${name} decodes the same where its answers are read in place`, async () => {
    using copied = await loadBuiltIn(name);
    using inPlace = await loadBuiltIn(name, { answers: "in-place" });
    const settings = { budget: 8 };
    const expected = await decode(await pluginPolicy(copied, settings));
    deepEqual(await decode(await pluginPolicy(inPlace, settings)), expected);
  });

  Deno.test(`what ${name} answered may be overwritten when it is called again`, async () => {
    using plugin = await loadBuiltIn(name);
    const policy = await pluginPolicy(plugin, { budget: 8 });
    const [kept, overwritten] = [await watched(policy), await watched(overwriting(policy))];
    deepEqual(overwritten, kept);
    ok(kept.events.length > 50, `${kept.events.length} events`);
  });
}

/** Logits, and what an observer heard, which copies what is good during the call only. */
async function watched(policy: KvPolicy) {
  const events: unknown[] = [];
  const note = (...event: unknown[]) => void events.push(structuredClone(event));
  const logits = await decode(policy, {
    onSelection: note,
    onUpdate: note,
    onAttention: ({ kept, queryHead }) => note(queryHead, kept?.slice()),
  });
  return { logits, events };
}

/** A policy whose answers hold until it is called again. */
function overwriting(policy: KvPolicy): KvPolicy {
  const open = async (layer: PolicyLayer): Promise<KvPolicySession> => {
    const session = await policy.open(layer);
    let last: unknown;
    const next = async <T>(call: () => Awaitable<T>): Promise<T> => {
      overwrite(last);
      const answer = await call();
      last = answer;
      return answer;
    };
    return {
      prefill: (tokens) => next(() => session.prefill(tokens)),
      endPrefill: (weights) => next(() => session.endPrefill(weights)),
      append: (tokens) => next(() => session.append(tokens)),
      select: (step) => next(() => session.select(step)),
      observe: (weights) => next(() => session.observe!(weights)),
      close: () => session.close?.(),
    };
  };
  return { ...policy, open };
}

function overwrite(answer: unknown) {
  if (typeof answer !== "object" || answer === null) return;
  if (answer instanceof Uint32Array || answer instanceof Float32Array) answer.fill(4_000_000_000);
  else for (const inner of Object.values(answer)) overwrite(inner);
}

/** A plugin of this repository that is closed at the end of a block. */
async function loadBuiltIn(name: string, options: LoadOptions = {}) {
  const component = await builtComponent(new URL(`../../plugins/${name}/`, import.meta.url));
  const policy = unwrap(await loadPolicy(component, { ...LOADED, ...options }));
  return Object.assign(policy, { [Symbol.dispose]: () => policy.close() });
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

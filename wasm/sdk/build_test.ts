import assert from "node:assert/strict";
import { blockLists, plainProgram } from "../../core/conformance/memory_programs.ts";
import { loadMemory, loadPolicy, unwrap } from "../../core/host/mod.ts";
import { buildPlugin } from "./build.ts";
import { builtComponent } from "./build_cache.ts";
import { CompileError } from "./compile_error.ts";
import { generatedFiles } from "./generate.ts";
import { missingToolchain } from "./missing_toolchain.ts";
import { type PluginManifest, PluginManifestError, readPluginManifest } from "./plugin_manifest.ts";

const NONE = new Float32Array(0);
const testdata = (name: string) => new URL(`./testdata/${name}/`, import.meta.url);
const template = (path: string) => new URL(`./templates/${path}/`, import.meta.url);

const nearest = builtComponent(testdata("nearest"));

const CONFIG = {
  layer: 2,
  layers: 4,
  queryHeads: 4,
  kvHeads: 2,
  headDim: 4,
  elementBytes: 2,
  budget: 3,
  maxTokens: 600,
  seed: 42,
  parameters: [],
  calibration: new Uint8Array(0),
  queryProjection: NONE,
  keyProjection: NONE,
};

Deno.test("the same source builds to the same bytes", async () => {
  const first = await buildPlugin(testdata("nearest"));
  const second = await buildPlugin(testdata("nearest"));
  assert.deepEqual(second.component, first.component);
});

Deno.test("what is generated and committed is up to date", async () => {
  for (const { path, text } of await generatedFiles()) {
    assert.equal(await Deno.readTextFile(path), text, `${path}: deno run -A wasm/sdk/generate.ts`);
  }
});

/** Keys [kv-heads, count, head-dim] and queries from a small deterministic sequence. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** The `k` largest scores of each query head, ascending, lower index first among equals. */
function nearestTokens(keys: Float32Array, queries: Float32Array, length: number): number[][] {
  const { queryHeads, kvHeads, headDim, budget } = CONFIG;
  return Array.from({ length: queryHeads }, (_, head) => {
    const kvHead = Math.floor(head / (queryHeads / kvHeads));
    const score = (token: number) => {
      let sum = 0;
      for (let i = 0; i < headDim; i++) {
        const key = keys[(kvHead * length + token) * headDim + i] ?? 0;
        sum = Math.fround(sum + Math.fround(key * (queries[head * headDim + i] ?? 0)));
      }
      return sum;
    };
    return Array.from({ length }, (_, token) => token)
      .sort((a, b) => score(b) - score(a) || a - b)
      .slice(0, budget)
      .sort((a, b) => a - b);
  });
}

Deno.test("the SDK's key store and top-k find the nearest keys, however the prompt is cut", async () => {
  const policy = unwrap(await loadPolicy(await nearest, { isolation: "none" }));
  const { kvHeads, headDim } = CONFIG;
  const length = 530;
  const keys = numbers(kvHeads * length * headDim, 1);
  const queries = numbers(CONFIG.queryHeads * headDim, 2);
  const expected = nearestTokens(keys, queries, length);
  for (const piece of [length, 1, 7, 256, 300]) {
    const session = unwrap(await policy.open(CONFIG));
    for (let first = 0; first < length; first += piece) {
      const count = Math.min(piece, length - first);
      const block = Float32Array.from({ length: kvHeads * count * headDim }, (_, i) => {
        const head = Math.floor(i / (count * headDim));
        return keys[head * length * headDim + first * headDim + i % (count * headDim)] ?? 0;
      });
      unwrap(
        await session.prefill({ count, keys: block, values: NONE, unrotatedKeys: NONE }),
      );
    }
    const { visible, accesses } = unwrap(
      await session.select({
        position: length - 1,
        queries,
        speculatedQueries: NONE,
        previousHidden: NONE,
      }),
    );
    assert.equal(visible.tag, "only");
    if (visible.tag !== "only") return;
    const { offsets, tokens } = visible.value;
    const found = expected.map((_, head) => [...tokens.subarray(offsets[head], offsets[head + 1])]);
    assert.deepEqual(found, expected, `pieces of ${piece}`);
    assert.equal(accesses[0]?.bytes, length * kvHeads * headDim * 2);
    session.close();
  }
});

Deno.test("parameters are declared, defaulted, checked and read", async () => {
  const policy = unwrap(await loadPolicy(await nearest, { isolation: "none" }));
  const values = (extra: number, scale: number) =>
    [
      { tag: "integer", value: extra },
      { tag: "real", value: scale },
      { tag: "flag", value: true },
      { tag: "choice", value: 1 },
    ] as const;
  const byDefault = unwrap(await policy.describe());
  assert.deepEqual(byDefault.parameters.map(({ name }) => name), [
    "extra",
    "scale",
    "shuffle",
    "unit",
  ]);
  assert.deepEqual(byDefault.budget, { tag: "hard" });
  assert.deepEqual(byDefault.inputs, ["keys", "queries"]);
  const changed = unwrap(await policy.describe(values(2, 1)));
  assert.deepEqual(changed.budget, { tag: "at-least", value: 2 });
  for (const [extra, scale, index] of [[5, 1, 0], [1, 2.5, 1], [1, NaN, 1]] as const) {
    const outcome = await policy.describe(values(extra, scale));
    assert.deepEqual(outcome.kind === "declined" && outcome.error, {
      tag: "bad-parameter",
      value: index,
    });
  }
});

Deno.test("a seed decides what is random", async () => {
  const policy = unwrap(await loadPolicy(await nearest, { isolation: "none" }));
  const order = async (seed: number) => {
    const parameters = [
      { tag: "integer", value: 0 },
      { tag: "real", value: 1 },
      { tag: "flag", value: true },
      { tag: "choice", value: 1 },
    ] as const;
    const session = unwrap(await policy.open({ ...CONFIG, budget: 40, seed, parameters }));
    const keys = numbers(CONFIG.kvHeads * 60 * CONFIG.headDim, 3);
    unwrap(await session.prefill({ count: 60, keys, values: NONE, unrotatedKeys: NONE }));
    const step = { position: 59, speculatedQueries: NONE, previousHidden: NONE };
    const { visible } = unwrap(await session.select({ ...step, queries: numbers(16, 4) }));
    return visible.tag === "only" ? [...visible.value.tokens] : [];
  };
  assert.deepEqual(await order(1), await order(1));
  assert.notDeepEqual(await order(1), await order(2));
});

Deno.test("a source that does not compile says where", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const directory = new URL(`file://${folder}/`);
    await Deno.writeTextFile(
      new URL("plugin.json", directory),
      JSON.stringify({ name: "x", kind: "policy", lang: "as", entry: "x.ts", wit: "0.1.0" }),
    );
    await Deno.writeTextFile(
      new URL("x.ts", directory),
      "export class Policy {\n  n: i32 = ;\n}\n",
    );
    await assert.rejects(buildPlugin(directory), (error) => {
      assert.ok(error instanceof CompileError);
      assert.match(error.message, /source\/x\.ts\(2,\d+\)/);
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const MANIFESTS: readonly [string, RegExp][] = [
  ["{", /plugin\.json: Expected JSON but found: .* position 1 \(line 1 column 2\)$/],
  ["{}", /name: /],
  ['{"name":"X","kind":"policy","lang":"as","entry":"x.ts","wit":"0.1.0"}', /name: .*kebab-case/],
  ['{"name":"x","kind":"policy","lang":"as","entry":"../x.ts","wit":"0.1.0"}', /entry: .*beside/],
  ['{"name":"x","kind":"policy","lang":"as","entry":"x.ts","wit":"9.9.9"}', /wit: .*0\.1\.0/],
];
for (const [text, message] of MANIFESTS) {
  Deno.test(`plugin.json ${text} is refused`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/plugin.json`, text);
      assert.throws(() => readPluginManifest(new URL(`file://${folder}/`)), (error) => {
        assert.ok(error instanceof PluginManifestError);
        assert.match(error.message, message);
        return true;
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("a folder in place of plugin.json is refused", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/plugin.json`);
    assert.throws(() => readPluginManifest(new URL(`file://${folder}/`)), {
      name: "PluginManifestError",
      message: `${folder}/plugin.json: Is a directory`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an entry that is no file is refused, a byte order mark is not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const directory = new URL(`file://${folder}/`);
    const manifest = { name: "x", kind: "policy", lang: "as", entry: "x.ts", wit: "0.1.0" };
    await Deno.writeTextFile(`${folder}/plugin.json`, `\uFEFF${JSON.stringify(manifest)}`);
    const message = /plugin\.json: entry: Expected a file but found none: x\.ts$/;
    await assert.rejects(buildPlugin(directory), { name: "PluginManifestError", message });
    await Deno.mkdir(`${folder}/x.ts`);
    await assert.rejects(buildPlugin(directory), /found none of the regular kind: x\.ts$/);
    await Deno.remove(`${folder}/x.ts`);
    await Deno.writeTextFile(`${folder}/x.ts`, 'import { a } from "./y"; a();\n');
    await Deno.mkdir(`${folder}/y.ts`);
    await assert.rejects(buildPlugin(directory), {
      name: "CompileError",
      message: /y\.ts: Is a dir/,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Runs a few steps of a template: what it declines, and the newest tokens it keeps. */
async function testPolicyTemplate(component: Uint8Array) {
  const policy = unwrap(await loadPolicy(component));
  try {
    assert.equal(unwrap(await policy.describe()).summary, "The newest tokens.");
    const declined = await policy.describe([{ tag: "flag", value: true }]);
    assert.deepEqual(declined.kind === "declined" && declined.error, {
      tag: "parameter-count",
      value: { expected: 0, found: 1 },
    });
    const session = unwrap(await policy.open(CONFIG));
    const block = { count: 5, keys: NONE, values: NONE, unrotatedKeys: NONE };
    unwrap(await session.prefill(block));
    unwrap(await session.endPrefill());
    unwrap(await session.append({ ...block, count: 1 }));
    const step = { position: 5, queries: NONE, speculatedQueries: NONE, previousHidden: NONE };
    assert.deepEqual(unwrap(await session.select(step)).visible, {
      tag: "only",
      value: {
        per: "kv-head",
        offsets: Uint32Array.of(0, 3, 6),
        tokens: Uint32Array.of(3, 4, 5, 3, 4, 5),
      },
    });
  } finally {
    policy.close();
  }
}

/** What a template answers: programs with tokens from the first on and listed, and a trace. */
async function answersOfMemory(component: Uint8Array): Promise<unknown[]> {
  const memory = unwrap(await loadMemory(component));
  try {
    const description = unwrap(await memory.describe());
    const plain = plainProgram("bank", "limited");
    const blocks = blockLists([[0, 3, 9], [], [63]]);
    const costs = unwrap(
      await memory.simulate([
        plain,
        { ...plain, heads: 40, headDim: 80, elementBytes: 1, queries: 3 },
        { ...plain, heads: 3, blocks },
        { ...plain, passes: "scores", power: "unlimited" },
      ]),
    );
    const commands = [
      ...["mac-all-bank", "load", "store", "softmax", "barrier"] as const,
      ...["write-gemv-buffer", "move-gemv-buffer", "move-softmax-buffer"] as const,
    ].map((kind, i) => ({ kind, address: 600 * i }));
    const trace = unwrap(await memory.runTrace("bank", "limited", 1, commands));
    return [description, costs, trace];
  } finally {
    memory.close();
  }
}

const inAssemblyScript = async () => (await buildPlugin(template("memory/as"))).component;

/** A test of plugins of a language; where they cannot be built it is skipped, and says so. */
async function languageTest(name: string, lang: PluginManifest["lang"], fn: () => Promise<void>) {
  const missing = await missingToolchain(lang);
  const ignore = missing !== undefined;
  Deno.test({ name: ignore ? `${name} (skipped: ${missing})` : name, ignore, fn });
}

await languageTest(
  "the template of a policy in C runs and builds to the same bytes",
  "c",
  async () => {
    const { component } = await buildPlugin(template("policy/c"));
    assert.deepEqual((await buildPlugin(template("policy/c"))).component, component);
    await testPolicyTemplate(component);
    const policy = unwrap(await loadPolicy(component));
    const odd = await policy.open({ ...CONFIG, headDim: 6 });
    assert.deepEqual(odd.kind === "declined" && odd.error, { tag: "unsupported-shape" });
    policy.close();
  },
);

await languageTest("the template of a memory answers in C as in AssemblyScript", "c", async () => {
  const found = await answersOfMemory((await buildPlugin(template("memory/c"))).component);
  assert.deepEqual(found, await answersOfMemory(await inAssemblyScript()));
});

await languageTest("the templates in TypeScript run", "ts", async () => {
  await testPolicyTemplate((await buildPlugin(template("policy/ts"))).component);
  const found = await answersOfMemory((await buildPlugin(template("memory/ts"))).component);
  assert.deepEqual(found, await answersOfMemory(await inAssemblyScript()));
});

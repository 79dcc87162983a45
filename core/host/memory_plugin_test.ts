import assert from "node:assert/strict";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import type { Program } from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { loadMemory } from "./memory_plugin.ts";
import { unwrap } from "./outcome.ts";

const component = await builtComponent(new URL("../../wasm/sdk/testdata/ideal/", import.meta.url));

const PROGRAM: Program = {
  level: "bank",
  power: "limited",
  heads: 2,
  headDim: 128,
  elementBytes: 2,
  contextTokens: 100,
  keptTokens: 64,
  partitionTokens: 4096,
  blocks: { offsets: new Uint32Array(0), blocks: new Uint32Array(0) },
  clustering: { tag: "windows", value: { windows: 1, tokens: 64, clusters: 4, iterations: 16 } },
  oddTail: "once",
  secondContext: "of-first",
  partnerTraffic: "truncated",
  queries: 1,
  passes: "attention",
  metadataReads: [{ bytes: 4096, pieces: 2 }],
};

const costOf = (tokens: number) => ({
  cycles: tokens,
  cycleNs: 0.5,
  counts: {
    load: 0,
    store: 0,
    mac: tokens / 16,
    softmax: 0,
    moveGemvBuffer: 0,
    moveSoftmaxBuffer: 0,
    writeGemvBuffer: 0,
    activations: null,
    refreshes: null,
  },
  energy: [{ kind: "compute", picojoules: tokens * 2 }],
});

Deno.test("a memory model says what it is", async () => {
  const memory = unwrap(await loadMemory(component));
  const description = unwrap(await memory.describe());
  assert.deepEqual(description.levels, [{ level: "bank", blockTokens: 16 }]);
  assert.deepEqual(description.powerBudgets, ["limited", "unlimited"]);
  assert.equal(description.capacityBytes, 2 ** 34);
  memory.close();
});

Deno.test("programs are answered in order, by kept tokens or by lists of blocks", async () => {
  const memory = unwrap(await loadMemory(component));
  const blocks = { offsets: Uint32Array.of(0, 1, 3), blocks: Uint32Array.of(5, 0, 6) };
  const costs = unwrap(await memory.simulate([PROGRAM, { ...PROGRAM, blocks }]));
  assert.deepEqual(costs, [costOf(128), costOf(48)]);
  assert.deepEqual(unwrap(await memory.simulate([])), []);
  memory.close();
});

Deno.test("a program the memory cannot serve is named by index and field", async () => {
  const memory = unwrap(await loadMemory(component, { isolation: "none" }));
  const outcome = await memory.simulate([PROGRAM, { ...PROGRAM, level: "buffer" }]);
  assert.deepEqual(outcome.kind === "declined" && outcome.error, {
    tag: "unsupported",
    value: { program: 1, field: "level" },
  });
});

Deno.test("a command trace is run, and an address outside the stack is named", async () => {
  const memory = unwrap(await loadMemory(component, { isolation: "none" }));
  const mac = { kind: "mac-all-bank", address: 64 } as const;
  const barrier = { kind: "barrier", address: 0 } as const;
  const cost = unwrap(await memory.runTrace("bank", "limited", 1, [mac, barrier, mac]));
  assert.deepEqual(cost, costOf(32));
  const outcome = await memory.runTrace("bank", "limited", 1, [mac, { ...mac, address: 2 ** 40 }]);
  assert.deepEqual(outcome.kind === "declined" && outcome.error, { tag: "bad-command", value: 1 });
});

Deno.test("a policy is no memory model", async () => {
  const full = await builtComponent(new URL("../../plugins/full/", import.meta.url));
  const outcome = await loadMemory(full);
  assert.deepEqual(outcome.kind === "refused" && outcome.refusal, {
    why: "missing-export",
    exports: ["kvpim:memory/memory@0.1.0"],
  });
});

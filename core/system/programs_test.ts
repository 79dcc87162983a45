import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { keptTokens, keptTokensOfRatio } from "./kept_tokens.ts";
import type { BlockShape } from "./layers.ts";
import type { PimAccelerator } from "./machine.ts";
import { headsOfStack, keptTokensOfStep, stepPrograms } from "./programs.ts";
import { parseSystemSpec, type SystemOptions } from "./spec.ts";

const BLOCK: BlockShape = {
  model: "Mistral-7B",
  feedForward: "gelu",
  gpus: 8,
  keyValueHeads: 4,
  queriesARead: 1,
  elementBytes: 2,
  batch: 16,
  remoteAttention: true,
};

const BANK: PimAccelerator = {
  kind: "pim",
  pim: "bank",
  power: "limited",
  devices: 8,
  memoryBytes: 0,
  memoryBytesPerSecond: 0,
};

const programsOf = (options: SystemOptions) =>
  stepPrograms(
    parseSystemSpec({ system: "dgx-attacc", model: "Mistral-7B", lout: 5, ...options }),
    BLOCK,
    BANK,
  );

Deno.test("64 heads of a group are 13 on each of 5 stacks", () => {
  equal(headsOfStack(BLOCK), 13);
  equal(headsOfStack({ ...BLOCK, batch: 24 }), 20);
  equal(headsOfStack({ ...BLOCK, model: "GPT-175B" }), 39);
});

Deno.test("a run of lout tokens has a step less, from the token after the prompt's", () => {
  const programs = programsOf({ lin: 100 });
  deepEqual(programs.map(({ contextTokens }) => contextTokens), [101, 102, 103, 104]);
  deepEqual(programs.map(({ keptTokens }) => keptTokens), [101, 102, 103, 104]);
});

Deno.test("only the last step clusters, and only with sparsity", () => {
  const clustering = (options: SystemOptions) =>
    programsOf({ clustering: "last-step", ...options }).map(({ clustering }) => clustering);
  deepEqual(clustering({ sparsity: { kvBudget: 64 } }), [false, false, false, true]);
  deepEqual(clustering({}), [false, false, false, false]);
  deepEqual(
    clustering({ sparsity: { kvBudget: 64 }, clustering: "none" }),
    [false, false, false, false],
  );
});

Deno.test("a ratio is obeyed, or means the generator's own 1024 tokens", () => {
  const kept = (switches: Record<string, string>) =>
    programsOf({ sparsity: { ratio: 0.25 }, switches }).map(({ keptTokens }) => keptTokens);
  deepEqual(kept({}), [528, 528, 528, 528]);
  deepEqual(kept({ "ratio-mode": "unreachable" }), [1024, 1024, 1024, 1024]);
});

Deno.test("switches choose partitions, head size and the odd tail", () => {
  const [program] = programsOf({ profile: "attacc", switches: { "odd-tail": "per-step" } });
  equal(program!.partitionTokens, 4096);
  equal(program!.oddTail, "per-step");
  const [table] = programsOf({ model: "MT-146B" });
  equal(table!.headDim, 128);
  const [layers] = programsOf({ model: "MT-146B", switches: { "pim-head-dim": "layers" } });
  equal(layers!.headDim, 153);
});

Deno.test("kept tokens are whole rows, at least one, and exceed the context by less than a row", () => {
  const positive = (max: number) => fc.integer({ min: 1, max });
  fc.assert(fc.property(positive(1e5), positive(1e5), positive(100), (context, budget, row) => {
    const kept = keptTokens(context, budget, row);
    equal(kept % row, 0);
    ok(kept >= row && kept < context + row);
    ok(kept >= Math.min(budget, context));
    ok(kept < budget + row);
  }));
  fc.assert(fc.property(
    positive(1e5),
    fc.double({ min: 0.001, max: 1, noNaN: true }),
    positive(100),
    (context, ratio, row) => {
      const kept = keptTokensOfRatio(context, ratio, row);
      equal(kept % row, 0);
      ok(kept >= row && kept < context + row);
      ok(kept >= ratio * context * (1 - 1e-12));
    },
  ));
});

Deno.test("a bigger budget never keeps less", () => {
  fc.assert(fc.property(fc.nat(5000), fc.nat(5000), fc.nat(20), (a, b, step) => {
    const kept = (kvBudget: number) =>
      keptTokensOfStep(parseSystemSpec({ sparsity: { kvBudget: kvBudget + 1 } }), step);
    ok((kept(a) <= kept(b)) === (a <= b) || kept(a) === kept(b));
  }));
});

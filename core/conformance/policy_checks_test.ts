import { deepEqual, rejects } from "node:assert/strict";
import type { PluginRunner } from "../host/plugin_runner.ts";
import { DEFAULT_LIMITS } from "../host/limits.ts";
import { Policy } from "../host/mod.ts";
import { readContract } from "../../wasm/sdk/contracts.ts";
import type { Description, TokenBlock, Update } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { TAKES_TOKENS_AT_ONCE } from "./policy_checks.ts";
import { runChecks } from "./run_checks.ts";

const DESCRIPTION: Description = {
  name: "made-up",
  version: "0.1.0",
  summary: "Sees the newest tokens.",
  citation: { title: "", venue: "", identifier: "", code: "" },
  parameters: [],
  inputs: [],
  observedPromptQueries: 0,
  observesSteps: false,
  denseLayers: new Uint32Array(),
  budget: { tag: "hard" },
  rotation: "by-token",
};

const NO_UPDATE: Update = {
  evicted: { per: "kv-head", offsets: new Uint32Array(), tokens: new Uint32Array() },
  placement: { per: "kv-head", firstToken: 0, slots: new Uint32Array() },
  clusterings: [],
  accesses: [],
};

/** A policy in TypeScript: what a step sees follows from the sizes of the blocks that entered. */
function policySeeing(
  newest: (blocks: readonly number[]) => number,
  description: Description = DESCRIPTION,
): Policy {
  let blocks: number[] = [];
  const answer = (name: string, [value]: readonly unknown[]): unknown => {
    if (name === "describe") return description;
    if (name === "open") blocks = [];
    if (name === "prefill" || name === "append") blocks.push((value as TokenBlock).count);
    if (name !== "select") return NO_UPDATE;
    const count = blocks.reduce((sum, one) => sum + one, 0);
    const shown = newest(blocks);
    const own = Array.from({ length: shown }, (_, i) => count - shown + i);
    const sets = {
      per: "kv-head",
      offsets: Uint32Array.of(0, shown, 2 * shown),
      tokens: Uint32Array.from([...own, ...own]),
    };
    const none = new Float32Array();
    const visible = { tag: "only", value: sets };
    return { visible, bias: none, meanValueWeights: none, accesses: [] };
  };
  const usage = { fuel: 0, memoryBytes: 0 };
  const runner: PluginRunner = {
    instantiate: () => Promise.resolve({ kind: "ok", value: 1, usage }),
    call: (_, name, values) => Promise.resolve({ kind: "ok", value: answer(name, values), usage }),
    discard: () => {},
    close: () => {},
  };
  return new Policy({
    digest: "",
    contract: readContract("policy"),
    limits: DEFAULT_LIMITS,
    runner,
  });
}

Deno.test("a policy that forgets how generated tokens were cut passes", async () => {
  await TAKES_TOKENS_AT_ONCE.run({ policy: policySeeing(() => 3), parameters: [] });
});

Deno.test("a policy that looks only at the newest block, or the number of blocks, does not", async () => {
  const failure = {
    name: "ConformanceError",
    message: "expected the choices for 71 tokens after a prompt of 100, added as 71, " +
      "and one by one to be the same but found others in step 1",
  };
  const several = policySeeing((blocks) => Math.min(blocks.length, 4));
  await rejects(TAKES_TOKENS_AT_ONCE.run({ policy: several, parameters: [] }), failure);
  const before = policySeeing((blocks) => Math.min(blocks.at(-2) ?? 1, 30));
  await rejects(TAKES_TOKENS_AT_ONCE.run({ policy: before, parameters: [] }), failure);
});

Deno.test("a policy that observes every step is not asked, and the result says why", async () => {
  let asked = false;
  const newest = () => {
    asked = true;
    return 3;
  };
  const policy = policySeeing(newest, { ...DESCRIPTION, observesSteps: true });
  const checks = runChecks({ policy, parameters: [] }, [TAKES_TOKENS_AT_ONCE]);
  const [result, ...more] = await Array.fromAsync(checks);
  deepEqual([result?.leftOut, result?.failure, result?.note, more.length, asked], [
    "it observes every step, so what it is told depends on how many steps there are",
    undefined,
    undefined,
    0,
    false,
  ]);
});

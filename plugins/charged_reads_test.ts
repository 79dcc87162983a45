/**
 * Does the system model charge for deciding what the policies' own components declare?
 *
 * @module
 */
import { equal, ok } from "node:assert/strict";
import { metadataOf } from "../core/system/policy_metadata.ts";
import { selectionMultiplyAdds } from "../core/system/selection.ts";
import { builtPolicy } from "./testing/built_plugin.ts";
import { openSession, type Parameters } from "./testing/plugin_session.ts";
import { shapeOf, Source } from "./testing/scenario.ts";

const SHAPE = shapeOf({ kvHeads: 2, queryHeads: 8, headDim: 128, budget: 128 });
const PROMPT = 300;
const STEPS = 70;

/** Keys' worth of elements a KV head's step reads: as declared, and as charged. */
async function readsOf(
  name: "quest" | "starc" | "sparq",
  parameters: Readonly<Record<string, number>>,
) {
  const policy = await builtPolicy(name);
  const session = await openSession(policy, SHAPE, parameters as Parameters);
  const source = new Source({
    shape: SHAPE,
    promptBlocks: [PROMPT],
    steps: STEPS,
    texture: "smooth",
    seed: 7,
  });
  await session.prefill(source.keys(PROMPT));
  await session.endPrefill({ tokens: [], weights: [] });
  const metadata = metadataOf(name, parameters, SHAPE.headDim)!;
  const steps: { declared: number; charged: number; contextTokens: number }[] = [];
  for (let step = 1; step <= STEPS; step++) {
    await session.append(source.keys(1));
    const queries = source.queries();
    const { accesses } = await session.select({ queries, speculated: queries });
    const bytes = accesses.reduce(
      (sum, access) => sum + (access.direction === "read" ? access.bytes : 0),
      0,
    );
    const contextTokens = PROMPT + step;
    steps.push({
      contextTokens,
      declared: bytes / (SHAPE.elementBytes * SHAPE.kvHeads * SHAPE.headDim),
      charged: selectionMultiplyAdds(metadata, { headDim: SHAPE.headDim, contextTokens }) /
        SHAPE.headDim,
    });
  }
  session.close();
  policy.close();
  return steps;
}

for (
  const [name, parameters] of [
    ["quest", {}],
    ["quest", { "page-tokens": 24 }],
    ["sparq", {}],
    ["sparq", { rank: 16 }],
    ["sparq", { rank: 1000 }],
  ] as const
) {
  const given = JSON.stringify(parameters);
  Deno.test(`${name} ${given} is charged for what its component declares at every step`, async () => {
    for (const { declared, charged, contextTokens } of await readsOf(name, parameters)) {
      equal(charged, declared, `${contextTokens} tokens`);
    }
  });
}

for (const parameters of [{}, { "cluster-tokens": 8 }]) {
  const given = JSON.stringify(parameters);
  Deno.test(`starc ${given} is charged for its centroids, and those that its newest tokens lack`, async () => {
    const clusterTokens = parameters["cluster-tokens"] ?? 16;
    for (const { declared, charged } of await readsOf("starc", parameters)) {
      // Up to 63 of the newest tokens are in no cluster yet; a short window has one cluster more.
      const missing = charged - declared;
      ok(missing >= -1 && missing <= 64 / clusterTokens, `${charged} ${declared}`);
    }
  });
}

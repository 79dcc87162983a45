import { deepEqual, equal } from "node:assert/strict";
import { EVERYTHING, type KvPolicy, NO_UPDATE } from "../llm/kv_policy.ts";
import type { AttendedTokens } from "./language_model.ts";
import { ScoredPolicy } from "./scored_policy.ts";

const LAYER = {
  layer: 3,
  layers: 4,
  queryHeads: 2,
  kvHeads: 1,
  headDim: 4,
  maxTokens: 8,
  queryProjection: new Float32Array(0),
  keyProjection: new Float32Array(0),
};

const NONE = new Float32Array(0);
const block = (keys: number[]) => ({
  count: keys.length / 4,
  keys: Float32Array.from(keys),
  values: NONE,
  unrotatedKeys: NONE,
});

/** A policy that asked for nothing and notes what it was given. */
function policyNoting(given: number[]): KvPolicy {
  return {
    needs: {
      inputs: [],
      observedPromptQueries: 0,
      observesSteps: false,
      denseLayers: [],
      rotation: "by-token",
    },
    open: () => ({
      prefill: ({ keys }) => void given.push(keys.length),
      endPrefill: () => NO_UPDATE,
      append: ({ keys }) => {
        given.push(keys.length);
        return NO_UPDATE;
      },
      select: ({ queries }) => {
        given.push(queries.length);
        return EVERYTHING;
      },
    }),
  };
}

Deno.test("an observer sees the scaled products of all tokens, and the policy what it asked for", async () => {
  const given: number[] = [];
  const seen: AttendedTokens[] = [];
  const scored = new ScoredPolicy(policyNoting(given), (attended) => {
    seen.push({ ...attended, logits: attended.logits.slice() });
  });
  const session = await scored.policy.open(LAYER);
  await session.prefill(block([1, 0, 0, 0, 0, 2, 0, 0]));
  await session.append(block([0, 0, 4, 0]));
  const queries = Float32Array.of(2, 4, 6, 0, 1, 1, 1, 1);
  const step = { position: 2, queries, speculatedQueries: NONE, previousHidden: NONE };
  await session.select(step);
  const sets = {
    per: "kv-head",
    offsets: Uint32Array.of(0, 2),
    tokens: Uint32Array.of(2, 0),
  } as const;
  scored.onSelection(3, { tag: "only", value: sets });
  deepEqual(given, [0, 0, 0]);
  deepEqual(seen.map(({ logits }) => [...logits]), [[1, 4, 12], [0.5, 1, 2]]);
  deepEqual(seen.map(({ kept }) => [...Array.from(kept!)]), [[2, 0], [2, 0]]);
  scored.onSelection(3, { tag: "everything" });
  equal(seen.at(-1)?.kept, undefined);
});

Deno.test("layers without the policy are not observed", () => {
  let calls = 0;
  new ScoredPolicy(policyNoting([]), () => calls++).onSelection(0, { tag: "everything" });
  equal(calls, 0);
});

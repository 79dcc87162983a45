import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  type AttendedTokens,
  EVERYTHING,
  fullAttention,
  type KvPolicySession,
  type LayerTokens,
  NO_UPDATE,
  type Observation,
  type PolicyLayer,
  type PolicyNeeds,
  type Selection,
  type Step,
  type Update,
} from "./kv_policy.ts";
import { LayerAttention } from "./layer_attention.ts";
import { LayerCache } from "./layer_cache.ts";
import { SeededRandom } from "./random.ts";
import { attentionReference, type HeadTokens } from "./testing/attention_reference.ts";
import { relativeError } from "./testing/random_checkpoint.ts";
import { tokenSetsOf } from "./token_sets.ts";

const SHAPE = { queryHeads: 4, kvHeads: 2, headDim: 8, capacity: 32 };
const SPECULATION = { speculatedQueries: new Float32Array(0), previousHidden: new Float32Array(0) };

/** Tokens with random contents. */
function randomLayerTokens(count: number, seed: number): LayerTokens {
  const random = new SeededRandom(seed);
  const list = (size: number) =>
    Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
  return {
    queries: list(32 * count),
    keys: list(16 * count),
    values: list(16 * count),
    unrotatedKeys: list(16 * count),
  };
}

const PROMPT = randomLayerTokens(6, 1);
const TOKEN = randomLayerTokens(1, 2);

/** A layer after a prompt of 6 tokens. */
async function prompted(
  session: Partial<KvPolicySession>,
  needs: Partial<PolicyNeeds> = {},
  window?: number,
) {
  const layer = new LayerAttention(
    0,
    await LayerCache.create(SHAPE),
    {
      session: {
        prefill: () => {},
        endPrefill: () => NO_UPDATE,
        append: () => NO_UPDATE,
        select: () => EVERYTHING,
        ...session,
      },
      needs: { ...fullAttention.needs, ...needs },
      turns: undefined,
    },
    {},
    window,
  );
  await layer.prefill(PROMPT, 6);
  await layer.endPrefill();
  return layer;
}

function reference(layer: LayerAttention, heads: readonly HeadTokens[]) {
  const { keys, values } = contentOf(layer.cache);
  return attentionReference(SHAPE, TOKEN.queries, keys, values, heads);
}

function everyHead(tokens: readonly number[]): HeadTokens[] {
  return Array.from({ length: 4 }, () => ({ tokens }));
}

const ALL = [0, 1, 2, 3, 4, 5, 6];

/** A selection of the same tokens for every query head. */
function selecting(tokens: readonly number[], rest: Partial<Selection> = {}): Selection {
  const value = tokenSetsOf(Array.from({ length: 4 }, () => Uint32Array.from(tokens)));
  return { ...EVERYTHING, visible: { tag: "only", value }, ...rest };
}

function evicting(...tokens: number[]): Update {
  return {
    ...NO_UPDATE,
    evicted: {
      per: "kv-head",
      offsets: Uint32Array.of(0, tokens.length, tokens.length),
      tokens: Uint32Array.from(tokens),
    },
  };
}

/** What a cache holds, `[length, kvHeads, headDim]` each. */
function contentOf(cache: LayerCache) {
  const { kvHeads, headDim } = cache.shape;
  const byToken = (rowsOf: (kvHead: number) => Float32Array) =>
    Float32Array.from({ length: cache.length * kvHeads * headDim }, (_, at) => {
      const [token, within] = [Math.floor(at / (kvHeads * headDim)), at % (kvHeads * headDim)];
      return rowsOf(Math.floor(within / headDim))[token * headDim + within % headDim]!;
    });
  return {
    keys: byToken((kvHead) => cache.keysOf(kvHead)),
    values: byToken((kvHead) => cache.valuesOf(kvHead)),
  };
}

/** The mean of some tokens' values, for each query head. */
function meanValues(layer: LayerAttention, tokensOf: (head: number) => readonly number[]) {
  return Array.from({ length: 32 }, (_, i) => {
    const [head, d] = [Math.floor(i / 8), i % 8];
    const tokens = tokensOf(head);
    const values = layer.cache.valuesOf(head >> 1);
    return tokens.reduce((sum, token) => sum + values[token * 8 + d]!, 0) / tokens.length;
  });
}

Deno.test("the mean of the values is mixed in by each head's share", async () => {
  const shares = Float32Array.of(0, 0.25, 0.5, 1);
  const layer = await prompted({
    select: () => selecting([1, 6], { meanValueWeights: shares }),
  });
  const found = await layer.step(TOKEN, SPECULATION);
  const { output } = reference(layer, everyHead([1, 6]));
  const means = meanValues(layer, () => ALL);
  const expected = output.map((value, i) => {
    const share = shares[Math.floor(i / 8)]!;
    return (1 - share) * value + share * means[i]!;
  });
  ok(relativeError(found, expected) < 1e-6);
});

Deno.test("evicted tokens are not in the mean", async () => {
  const layer = await prompted({
    endPrefill: () => evicting(0, 3),
    select: () => ({ ...EVERYTHING, meanValueWeights: Float32Array.of(1, 1, 1, 1) }),
  });
  const found = await layer.step(TOKEN, SPECULATION);
  const left = [1, 2, 4, 5, 6];
  ok(relativeError(found, meanValues(layer, (head) => head < 2 ? left : ALL)) < 1e-6);
});

Deno.test("a bias is added to the logit of its token", async () => {
  const bias = Float32Array.of(...[1, -2], ...[0, 3], ...[0, 0], ...[-1, -1]);
  const layer = await prompted({ select: () => selecting([5, 2], { bias }) });
  const found = await layer.step(TOKEN, SPECULATION);
  const heads = [0, 1, 2, 3].map((head) => ({
    tokens: [5, 2],
    bias: [...bias.subarray(2 * head, 2 * head + 2)],
  }));
  ok(relativeError(found, reference(layer, heads).output) < 1e-6);
});

Deno.test("biases go with their tokens where a window takes some away", async () => {
  const bias = Float32Array.of(...[1, -2, 9], ...[0, 3, 9], ...[7, 0, 0], ...[-1, -1, -1]);
  const layer = await prompted({ select: () => selecting([5, 2, 4], { bias }) }, {}, 3);
  const found = await layer.step(TOKEN, SPECULATION);
  const heads = [0, 1, 2, 3].map((head) => ({
    tokens: [5, 4],
    bias: [bias[3 * head]!, bias[3 * head + 2]!],
  }));
  ok(relativeError(found, reference(layer, heads).output) < 1e-6);
});

Deno.test("tokens beyond the window are not in the mean", async () => {
  const shares = Float32Array.of(1, 1, 1, 1);
  const select = () => ({ ...EVERYTHING, meanValueWeights: shares });
  const layer = await prompted({ endPrefill: () => evicting(5), select }, {}, 3);
  const found = await layer.step(TOKEN, SPECULATION);
  ok(relativeError(found, meanValues(layer, (head) => head < 2 ? [4, 6] : [4, 5, 6])) < 1e-6);
});

Deno.test("an observer of attention sees that a window hides tokens", async () => {
  const seen: number[][] = [];
  const cache = await LayerCache.create(SHAPE);
  const policy = {
    session: await fullAttention.open({} as PolicyLayer),
    needs: fullAttention.needs,
    turns: undefined,
  };
  const observer = { onAttention: ({ logits }: AttendedTokens) => void seen.push([...logits]) };
  const layer = new LayerAttention(0, cache, policy, observer, 3);
  await layer.prefill(PROMPT, 6);
  await layer.step(TOKEN, SPECULATION);
  for (const logits of seen) {
    deepEqual(logits.map((logit) => logit === -Infinity), [
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  }
  equal(seen.length, 4);
});

Deno.test("a policy observes weights in ascending order of tokens, and may evict by them", async () => {
  const seen: Observation[] = [];
  const layer = await prompted({
    select: ({ position }) => position === 6 ? selecting([6, 2, 4]) : EVERYTHING,
    observe: (weights) => {
      seen.push(weights);
      return seen.length === 1 ? evicting(2) : NO_UPDATE;
    },
  }, { observesSteps: true });
  await layer.step(TOKEN, SPECULATION);
  const { weights } = reference(layer, everyHead([2, 4, 6]));
  deepEqual([...seen[0]!.offsets], [0, 3, 6, 9, 12]);
  deepEqual([...seen[0]!.tokens.subarray(0, 3)], [2, 4, 6]);
  ok(relativeError(seen[0]!.weights, weights.flat()) < 2e-6);
  await layer.step(TOKEN, SPECULATION);
  deepEqual([...seen[1]!.offsets], [0, 7, 14, 22, 30]);
  deepEqual([...seen[1]!.tokens.subarray(0, 7)], [0, 1, 3, 4, 5, 6, 7]);
});

Deno.test("the prompt's last queries are observed, however the prompt was cut", async () => {
  let seen: Observation | undefined;
  const needs = { ...fullAttention.needs, observedPromptQueries: 3 };
  const session: KvPolicySession = {
    prefill: () => {},
    endPrefill: (weights) => {
      seen = weights;
      return NO_UPDATE;
    },
    append: () => NO_UPDATE,
    select: () => EVERYTHING,
  };
  const cache = await LayerCache.create(SHAPE);
  const layer = new LayerAttention(0, cache, { session, needs, turns: undefined }, {});
  const part = (begin: number, end: number): LayerTokens => ({
    queries: PROMPT.queries.subarray(32 * begin, 32 * end),
    keys: PROMPT.keys.subarray(16 * begin, 16 * end),
    values: PROMPT.values.subarray(16 * begin, 16 * end),
    unrotatedKeys: PROMPT.unrotatedKeys.subarray(16 * begin, 16 * end),
  });
  await layer.prefill(part(0, 4), 6);
  await layer.prefill(part(4, 6), 6);
  await layer.endPrefill();
  const { keys, values } = contentOf(cache);
  const expected = new Float64Array(24);
  for (const position of [3, 4, 5]) {
    const tokens = ALL.slice(0, position + 1);
    const queries = PROMPT.queries.subarray(32 * position, 32 * position + 32);
    attentionReference(SHAPE, queries, keys, values, everyHead(tokens)).weights
      .forEach((shares, head) => shares.forEach((share, t) => expected[6 * head + t]! += share));
  }
  ok(relativeError(seen!.weights, expected) < 2e-6);
  equal(seen!.tokens.length, 24);
});

Deno.test("prompts come to the policy head by head", async () => {
  const keys: Float32Array[] = [];
  const session = { prefill: (block: { keys: Float32Array }) => void keys.push(block.keys) };
  await prompted(session, { inputs: ["keys"] });
  const expected = [0, 1].flatMap((head) =>
    [0, 1, 2, 3, 4, 5].flatMap((token) => {
      const at = token * 16 + head * 8;
      return [...PROMPT.keys.subarray(at, at + 8)];
    })
  );
  deepEqual([...keys[0]!], expected);
});

Deno.test("a policy cannot bring tokens back, evict twice or evict what is not there", async () => {
  const attended = await prompted({ endPrefill: () => evicting(2), select: () => selecting([2]) });
  await rejects(attended.step(TOKEN, SPECULATION), /tokens that are present but found evicted 2/);
  const twice = await prompted({ endPrefill: () => evicting(2), append: () => evicting(2) });
  await rejects(twice.step(TOKEN, SPECULATION), /Expected to evict a token that is present .* 2/);
  const early = prompted({ endPrefill: () => evicting(6) });
  await rejects(early, /Expected to evict a token that is present but found 6/);
});

Deno.test("a policy that evicts everything leaves nothing to attend to", async () => {
  const layer = await prompted({ append: () => evicting(...ALL) });
  await rejects(layer.step(TOKEN, SPECULATION), /Expected 1 to 7 tokens for head 0 but found 0/);
});

Deno.test("numbers of a selection must fit it", async () => {
  const short = await prompted({ select: () => selecting([1], { bias: Float32Array.of(1) }) });
  await rejects(short.step(TOKEN, SPECULATION), /Expected 4 biases but found 1/);
  const big = Float32Array.of(0, 0, 0, 1.5);
  const over = await prompted({ select: () => selecting([1], { meanValueWeights: big }) });
  await rejects(
    over.step(TOKEN, SPECULATION),
    /mean-value weights from 0 to 1 but found 0 0 0 1\.5/,
  );
});

Deno.test("an observer of attention gets every token's logit beside what was kept", async () => {
  const seen: { head: number; kept: number[] | undefined; logits: number[] }[] = [];
  const cache = await LayerCache.create(SHAPE);
  const session = {
    prefill: () => {},
    endPrefill: () => NO_UPDATE,
    append: () => NO_UPDATE,
    select: ({ position }: Step) => position === 0 ? selecting([0]) : EVERYTHING,
  };
  const policy = { session, needs: fullAttention.needs, turns: undefined };
  const layer = new LayerAttention(3, cache, policy, {
    onAttention: ({ queryHead, kept, logits }) => {
      seen.push({ head: queryHead, kept: kept && [...kept], logits: [...logits] });
    },
  });
  await layer.step(TOKEN, SPECULATION);
  const second = await layer.step(TOKEN, SPECULATION);
  deepEqual(seen.map(({ head }) => head), [0, 1, 2, 3, 0, 1, 2, 3]);
  deepEqual(seen[1]!.kept, [0]);
  equal(seen[5]!.kept, undefined);
  const [query, key] = [TOKEN.queries.subarray(16, 24), TOKEN.keys.subarray(8, 16)];
  const logit = query.reduce((sum, q, i) => sum + q * key[i]!, 0) / Math.sqrt(8);
  ok(relativeError(seen[6]!.logits, [logit, logit]) < 1e-6);
  // Attention itself is not disturbed.
  ok(relativeError(second.subarray(0, 8), layer.cache.valuesOf(0).subarray(0, 8)) < 1e-6);
});

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  EVERYTHING,
  fullAttention,
  type KvPolicy,
  NO_UPDATE,
  type PolicyNeeds,
  type TokenSets,
} from "./kv_policy.ts";
import { stepLogits, TOKENS, withModel, worst } from "./testing/decoding.ts";
import { randomCheckpoint, relativeError } from "./testing/random_checkpoint.ts";
import { tokenSetsOf, tokensOf } from "./token_sets.ts";

const NEEDS: PolicyNeeds = fullAttention.needs;

/** A policy that attends to what a function lists, in every layer it is not kept from. */
function listing(
  list: (layer: number, position: number) => TokenSets,
  needs: Partial<PolicyNeeds> = {},
): KvPolicy {
  return {
    needs: { ...NEEDS, ...needs },
    open: ({ layer }) => ({
      prefill: () => {},
      endPrefill: () => NO_UPDATE,
      append: () => NO_UPDATE,
      select: ({ position }) => ({
        ...EVERYTHING,
        visible: { tag: "only", value: list(layer, position) },
      }),
    }),
  };
}

function range(length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}

Deno.test("a policy that selects everything changes nothing", () =>
  withModel(randomCheckpoint(), async (model) => {
    const dense = await stepLogits(model, TOKENS);
    deepEqual(await stepLogits(model, TOKENS, fullAttention), dense);
    const perHead = listing((_, position) =>
      tokenSetsOf(Array.from({ length: 4 }, () => range(position + 1)))
    );
    deepEqual(await stepLogits(model, TOKENS, perHead), dense);
    const backwards = listing((_, position) => ({
      per: "kv-head",
      offsets: Uint32Array.of(0, position + 1, 2 * position + 2),
      tokens: Uint32Array.of(...range(position + 1).reverse(), ...range(position + 1)),
    }));
    ok(worst(await stepLogits(model, TOKENS, backwards), dense) < 1e-6);
  }));

Deno.test("each query head attends to its own selection, and dense layers to everything", () =>
  withModel(randomCheckpoint(), async (model, reference) => {
    const sees = (head: number, position: number, token: number) =>
      token === position || (token + head) % 3 === 0;
    const policy = listing((_, position) =>
      tokenSetsOf(
        Array.from(
          { length: 4 },
          (_, head) => range(position + 1).filter((token) => sees(head, position, token)),
        ),
      ), { denseLayers: [0] });
    const definition = reference((layer, head, position, token) =>
      layer === 0 || sees(head, position, token)
    );
    const expected = TOKENS.flatMap((token) => definition.forward([token]));
    ok(worst(await stepLogits(model, TOKENS, policy), expected) < 1e-5);
  }));

Deno.test("selections of a KV head serve its group of query heads", () =>
  withModel(randomCheckpoint(), async (model, reference) => {
    const sees = (kvHead: number, position: number, token: number) =>
      token === position || token % 2 === kvHead;
    const policy = listing((_, position) => ({
      ...tokenSetsOf(
        [0, 1].map((kvHead) =>
          range(position + 1).filter((token) => sees(kvHead, position, token))
        ),
      ),
      per: "kv-head",
    }));
    const definition = reference((_, head, position, token) => sees(head >> 1, position, token));
    const expected = TOKENS.flatMap((token) => definition.forward([token]));
    ok(worst(await stepLogits(model, TOKENS, policy), expected) < 1e-5);
  }));

const WINDOWED = { architectures: ["MistralForCausalLM"], sliding_window: 7 };

Deno.test("in a window of the model a policy's selection is what lies within it", () =>
  withModel(randomCheckpoint(WINDOWED), async (model, reference) => {
    deepEqual(await stepLogits(model, TOKENS, fullAttention), await stepLogits(model, TOKENS));
    const sees = (head: number, position: number, token: number) =>
      token === position || (token + head) % 3 === 0;
    const policy = listing((_, position) =>
      tokenSetsOf(
        [0, 1, 2, 3].map((head) =>
          range(position + 1).filter((token) => sees(head, position, token))
        ),
      )
    );
    const definition = reference((_, head, position, token) => sees(head, position, token));
    const expected = TOKENS.flatMap((token) => definition.forward([token]));
    ok(worst(await stepLogits(model, TOKENS, policy), expected) < 1e-5);
  }));

Deno.test("a head whose selection the window hides attends to the newest token", () =>
  withModel(randomCheckpoint(WINDOWED), async (model, reference) => {
    const policy = listing(() => tokenSetsOf([0, 1, 2, 3].map(() => Uint32Array.of(0))));
    const definition = reference((_, __, position, token) =>
      token === (position < 7 ? 0 : position)
    );
    const expected = TOKENS.flatMap((token) => definition.forward([token]));
    ok(worst(await stepLogits(model, TOKENS, policy), expected) < 1e-5);
  }));

Deno.test("within a window, what is evicted stays away and what is left is told", () =>
  withModel(randomCheckpoint(WINDOWED), async (model, reference) => {
    const seen: number[][] = [];
    const evicting: KvPolicy = {
      needs: NEEDS,
      open: async (layer) => {
        let position = 0;
        return {
          ...await fullAttention.open(layer),
          append: () => {
            position++;
            const odd = Uint32Array.of(...position % 2 === 1 ? [position - 1] : []);
            const offsets = Uint32Array.of(0, odd.length, odd.length);
            return { ...NO_UPDATE, evicted: { per: "kv-head", offsets, tokens: odd } };
          },
        };
      },
    };
    const sequence = await model.sequence({
      policy: evicting,
      observer: {
        onSelection: (layer, position, visible) => {
          if (layer !== 1 || position !== 10 || visible.tag !== "only") return;
          for (let head = 0; head < 4; head++) seen.push([...tokensOf(visible.value, head, 4)]);
        },
      },
    });
    const found = [await sequence.prefill(TOKENS.slice(0, 1))];
    for (const token of TOKENS.slice(1)) found.push(await sequence.step(token));
    const definition = reference((_, head, position, token) =>
      head > 1 || token % 2 === 1 || token === position
    );
    const expected = TOKENS.flatMap((token) => definition.forward([token]));
    ok(worst(found, expected) < 1e-5);
    const all = [4, 5, 6, 7, 8, 9, 10];
    deepEqual(seen, [[5, 7, 9, 10], [5, 7, 9, 10], all, all]);
  }));

Deno.test("evicted tokens are never seen again", () =>
  withModel(randomCheckpoint(), async (model, reference) => {
    const evictsAt = (position: number) => position >= 10;
    const policy: KvPolicy = {
      needs: NEEDS,
      open: () => ({
        prefill: () => {},
        endPrefill: () => NO_UPDATE,
        append: () => NO_UPDATE,
        select: () => EVERYTHING,
      }),
    };
    const evicting: KvPolicy = {
      ...policy,
      open: (layer) => {
        let position = 0;
        const session = policy.open(layer) as Awaited<ReturnType<typeof policy.open>>;
        return {
          ...session,
          append: () => {
            position++;
            if (!evictsAt(position)) return NO_UPDATE;
            const tokens = Uint32Array.of(position - 8, position - 9);
            const evicted = { per: "kv-head", offsets: Uint32Array.of(0, 1, 2), tokens } as const;
            return { ...NO_UPDATE, evicted };
          },
        };
      },
    };
    // KV head 0 keeps tokens 0, 1 and the last 8; KV head 1 keeps token 0 and the last 9.
    const definition = reference((_, head, position, token) => {
      if (!evictsAt(position)) return true;
      return head < 2 ? token < 2 || token > position - 8 : token < 1 || token > position - 9;
    });
    const expected = TOKENS.flatMap((token) => definition.forward([token]));
    ok(worst(await stepLogits(model, TOKENS, evicting), expected) < 1e-5);
  }));

Deno.test("rotated by rank, what is left reads like a text of its own", () =>
  withModel(randomCheckpoint({ num_hidden_layers: 1 }), async (model) => {
    // In one layer a key is a matter of its own token alone, so leaving tokens out of the text is
    // the same as leaving them out of the cache.
    const kept = [0, 1, 7, 8, 20, 30, 39];
    const policy = listing((_, position) => {
      const seen = position === 39 ? Uint32Array.from(kept).reverse() : range(position + 1);
      return tokenSetsOf(Array.from({ length: 4 }, () => seen));
    }, { rotation: "by-rank" });
    const found = (await stepLogits(model, TOKENS, policy)).at(-1)!;
    const expected = (await stepLogits(model, kept.map((at) => TOKENS[at]!))).at(-1)!;
    ok(relativeError(found, expected) < 1e-5);
  }));

Deno.test("a policy gets the inputs it asks for, and no others", () =>
  withModel(randomCheckpoint(), async (model) => {
    const seen: Record<string, number[]> = {};
    const policy = (inputs: PolicyNeeds["inputs"]): KvPolicy => ({
      needs: { ...NEEDS, inputs },
      open: ({ layer, queryProjection, keyProjection }) => ({
        prefill: ({ count, keys, values, unrotatedKeys }) => {
          if (layer !== 1) return;
          seen.open = [queryProjection.length, keyProjection.length];
          seen.prefill = [count, keys.length, values.length, unrotatedKeys.length];
        },
        endPrefill: () => NO_UPDATE,
        append: () => NO_UPDATE,
        select: ({ queries, speculatedQueries, previousHidden }) => {
          seen.select = [queries.length, speculatedQueries.length, previousHidden.length];
          return EVERYTHING;
        },
      }),
    });
    const sequence = await model.sequence({ policy: policy([]) });
    await sequence.prefill(TOKENS.slice(0, 3));
    await sequence.step(1);
    deepEqual(seen, { open: [0, 0], prefill: [3, 0, 0, 0], select: [0, 0, 0] });
    const curious = policy([
      "keys",
      "values",
      "unrotated-keys",
      "queries",
      "speculated-queries",
      "previous-hidden",
      "projections",
    ]);
    const other = await model.sequence({ policy: curious });
    await other.prefill(TOKENS.slice(0, 3));
    await other.step(1);
    deepEqual(seen, { open: [1024, 512], prefill: [3, 48, 48, 48], select: [32, 32, 32] });
  }));

Deno.test("speculated queries are the layer's own of the hidden state before", () =>
  withModel(randomCheckpoint(), async (model) => {
    let speculated = new Float32Array(0);
    const policy: KvPolicy = {
      needs: { ...NEEDS, inputs: ["speculated-queries"] },
      open: ({ layer }) => ({
        prefill: () => {},
        endPrefill: () => NO_UPDATE,
        append: () => NO_UPDATE,
        select: ({ speculatedQueries }) => {
          if (layer === 1) speculated = speculatedQueries.slice();
          return EVERYTHING;
        },
      }),
    };
    const sequence = await model.sequence({ policy });
    await sequence.prefill([5]);
    await sequence.step(9);
    // What entered layer 0 is the embedding.
    const { queries } = await model.parts.beforeAttention(
      1,
      model.parts.embed([9]),
      model.parts.rotary([1], 2),
    );
    deepEqual(speculated, queries.slice());
  }));

Deno.test("sequences of a batch do not touch one another", () =>
  withModel(randomCheckpoint(), async (model) => {
    const texts = [TOKENS.slice(0, 20), TOKENS.slice(20, 27), TOKENS.slice(30)];
    const alone = [];
    for (const text of texts) {
      const sequence = await model.sequence();
      await sequence.prefill(text);
      alone.push([await sequence.step(3), await sequence.step(4)]);
    }
    const batch = await Promise.all(texts.map(() => model.sequence()));
    for (const [i, sequence] of batch.entries()) await sequence.prefill(texts[i]!);
    const first = await model.step(batch, [3, 3, 3]);
    const second = await model.step(batch, [4, 4, 4]);
    ok(worst(first, alone.map(([logits]) => logits!)) < 1e-6);
    ok(worst(second, alone.map(([, logits]) => logits!)) < 1e-6);
  }));

Deno.test("an observer sees what every layer attended to", () =>
  withModel(randomCheckpoint(), async (model) => {
    const seen: string[] = [];
    const policy = listing(
      (_, position) => tokenSetsOf(Array.from({ length: 4 }, () => Uint32Array.of(position))),
      { denseLayers: [0] },
    );
    const sequence = await model.sequence({
      policy,
      observer: {
        onSelection: (layer, position, visible, selection) => {
          seen.push(`${layer} ${position} ${visible.tag} ${selection?.visible.tag ?? "dense"}`);
        },
      },
    });
    await sequence.prefill([1, 2]);
    await sequence.step(3);
    deepEqual(seen, ["0 2 everything dense", "1 2 only only"]);
  }));

Deno.test("what a sequence cannot do is said before anything is changed", () =>
  withModel(randomCheckpoint(), async (model) => {
    await rejects(model.sequence({ maxTokens: 65 }), /room for 1 to 64 tokens.*found 65/);
    await rejects(model.sequence({ denseLayers: [2] }), /dense layers from 0 to 1 but found 2/);
    const sequence = await model.sequence({ maxTokens: 4 });
    await rejects(sequence.prefill([]), /Expected at least one token but found none/);
    await rejects(sequence.prefill([1, 2, 3, 4, 5]), /at most 4 tokens but found 5/);
    await rejects(sequence.prefill([64]), /Expected tokens below 64 but found 64/);
    await sequence.prefill([1, 2, 3]);
    await sequence.step(4);
    await rejects(sequence.step(5), /at most 4 tokens but found 5/);
    await rejects(sequence.prefill([5]), /Expected steps after the first step/);
    await rejects(model.step([sequence, sequence], [1, 1]), /different sequences/);
    await rejects(sequence.step(-1), /Expected tokens below 64 but found -1/);
    equal(sequence.length, 4);
  }));

Deno.test("a selection that cannot be attended to is refused", () =>
  withModel(randomCheckpoint(), async (model) => {
    const refused = async (sets: TokenSets, message: RegExp) => {
      const sequence = await model.sequence({ policy: listing(() => sets) });
      await sequence.prefill([1, 2]);
      await rejects(sequence.step(3), message);
    };
    const one = Uint32Array.of(0);
    await refused(tokenSetsOf([one, one, one]), /Expected 5 offsets/);
    await refused(tokenSetsOf([one, one, one, Uint32Array.of(3)]), /tokens below 3 but found 3/);
    await refused(tokenSetsOf([one, one, one, new Uint32Array(0)]), /1 to 3 tokens for head 3/);
  }));

Deno.test("a sequence whose policy failed is of no more use, and says so", () =>
  withModel(randomCheckpoint(), async (model) => {
    const policy: KvPolicy = {
      needs: NEEDS,
      open: async (layer) => ({
        ...await fullAttention.open(layer),
        select: ({ position }) => {
          if (layer.layer === 1 && position === 4) throw new Error("out of ideas");
          return EVERYTHING;
        },
      }),
    };
    const [sequence, beside] = [await model.sequence({ policy }), await model.sequence()];
    await sequence.prefill([1, 2, 3]);
    await beside.prefill([1, 2, 3]);
    await model.step([beside, sequence], [4, 4]);
    await rejects(model.step([beside, sequence], [5, 5]), /out of ideas/);
    for (const one of [sequence, beside]) {
      await rejects(one.step(5), /Expected a sequence at work but found one that failed/);
    }
  }));

Deno.test("a policy that cannot be opened leaves nothing open", () =>
  withModel(randomCheckpoint(), async (model) => {
    const closed: number[] = [];
    const policy: KvPolicy = {
      needs: NEEDS,
      open: async (layer) => {
        if (layer.layer === 1) throw new Error("not for me");
        return { ...await fullAttention.open(layer), close: () => void closed.push(layer.layer) };
      },
    };
    await rejects(model.sequence({ policy }), /not for me/);
    deepEqual(closed, [0]);
  }));

Deno.test("a text may begin with a step", () =>
  withModel(randomCheckpoint(), async (model) => {
    const [first, second] = [
      await model.sequence({ policy: fullAttention }),
      await model.sequence(),
    ];
    ok(relativeError(await first.step(7), await second.prefill([7])) < 1e-6);
  }));

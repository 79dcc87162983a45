import { deepEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import type { TokenSets } from "./kv_policy.ts";
import { PresentTokens } from "./present_tokens.ts";
import { tokenSetsOf, tokensOf } from "./token_sets.ts";

const [QUERY_HEADS, KV_HEADS, LENGTH] = [4, 2, 12];

function setsOf(per: TokenSets["per"], lists: readonly (readonly number[])[]): TokenSets {
  return { ...tokenSetsOf(lists.map((list) => Uint32Array.from(list))), per };
}

/** Evictions of some tokens each, for KV heads or query heads. */
const evictions = fc.constantFrom<TokenSets["per"]>("kv-head", "query-head").chain((per) => {
  const heads = per === "kv-head" ? KV_HEADS : QUERY_HEADS;
  const list = fc.uniqueArray(fc.nat(LENGTH - 1), { maxLength: 3 });
  return fc.array(list, { minLength: heads, maxLength: heads }).map((lists) => ({ per, lists }));
});

Deno.test("what is left is what was not evicted and lies in the window, whatever the unit", () => {
  fc.assert(fc.property(
    fc.array(evictions, { maxLength: 4 }),
    fc.constantFrom(5, Infinity),
    fc.boolean(),
    (rounds, window, grows) => {
      const present = new PresentTokens(QUERY_HEADS, KV_HEADS, LENGTH, window);
      const left = Array.from({ length: QUERY_HEADS }, () => new Set<number>());
      let length = 0;
      const growTo = (end: number) => {
        for (; length < end; length++) left.forEach((tokens) => tokens.add(length));
      };
      const compare = () => {
        const sets = present.lists(length);
        left.forEach((tokens, head) => {
          const within = [...tokens].filter((token) => token >= length - window);
          const expected = within.length === 0 && window < length ? [length - 1] : within;
          deepEqual([...tokensOf(sets, head, QUERY_HEADS)], expected);
        });
      };
      growTo(grows ? 3 : LENGTH);
      for (const { per, lists } of rounds) {
        const group = per === "kv-head" ? QUERY_HEADS / KV_HEADS : 1;
        const fresh = lists.map((list, set) =>
          list.filter((token) =>
            left.every((tokens, head) => Math.floor(head / group) !== set || tokens.has(token))
          )
        );
        present.evict(setsOf(per, fresh), length);
        left.forEach((tokens, head) =>
          fresh[Math.floor(head / group)]!.forEach((token) => tokens.delete(token))
        );
        compare();
        growTo(Math.min(length + 2, LENGTH));
      }
      compare();
    },
  ));
});

Deno.test("heads share their list until one of them has lost a token of its own", () => {
  const present = new PresentTokens(QUERY_HEADS, KV_HEADS, LENGTH);
  present.evict(setsOf("kv-head", [[0], [1]]), LENGTH);
  deepEqual(present.lists(LENGTH).per, "kv-head");
  present.evict(setsOf("query-head", [[3], [], [], []]), LENGTH);
  deepEqual(present.lists(LENGTH).per, "query-head");
});

Deno.test("a token that is gone can be neither evicted nor selected, by any unit", () => {
  const one = (per: TokenSets["per"]) =>
    setsOf(per, per === "kv-head" ? [[], [7]] : [[], [], [], [7]]);
  for (const first of ["kv-head", "query-head"] as const) {
    for (const then of ["kv-head", "query-head"] as const) {
      const present = new PresentTokens(QUERY_HEADS, KV_HEADS, LENGTH);
      present.check(one(then));
      present.evict(one(first), LENGTH);
      throws(
        () => present.evict(one(then), LENGTH),
        /to evict a token that is present but found 7/,
      );
      throws(() => present.check(one(then)), /tokens that are present but found evicted 7/);
      present.check(setsOf(then, then === "kv-head" ? [[7], []] : [[7], [7], [], []]));
    }
  }
});

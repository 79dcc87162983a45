import assert from "node:assert/strict";
import fc from "fast-check";
import { explainTokenSet, TokenSetCheck, type TokenSetRules } from "./token_set_check.ts";

const MAX_TOKENS = 40;
const NOTHING_EVICTED: TokenSetRules = { tokens: 30, evicted: [] };

const holds = (tokens: readonly number[], rules: TokenSetRules) =>
  new TokenSetCheck(MAX_TOKENS).holds(Uint32Array.from(tokens), 0, tokens.length, rules);

Deno.test("each token once, in any order, is a set", () => {
  assert.ok(holds([], NOTHING_EVICTED));
  assert.ok(holds([0, 1, 29], NOTHING_EVICTED));
  assert.ok(holds([29, 0, 7, 3], NOTHING_EVICTED));
});

Deno.test("a token out of range, repeated or evicted is told, wherever it stands", () => {
  const evicted = new Uint8Array(MAX_TOKENS);
  evicted[7] = 1;
  const rules = { tokens: 30, evicted: [new Uint8Array(MAX_TOKENS), evicted] };
  for (const tokens of [[0, 1, 30], [2 ** 32 - 1, 0], [5, 4, 5], [5, 5], [0, 7, 8], [8, 7]]) {
    assert.ok(!holds(tokens, rules), tokens.join(" "));
  }
});

/** Sets of which about half keep the rules: from tokens mostly in range, sorted or not. */
const sets = fc.tuple(
  fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 29 }), { maxLength: 4 }),
  fc.boolean(),
  fc.boolean(),
).map(([tokens, evicted, distinct, ascending]) => {
  const list = distinct ? [...new Set(tokens)] : tokens;
  return { list: ascending ? list.toSorted((a, b) => a - b) : list, evicted };
});

Deno.test("the fast check agrees with the plain one, set after set", () => {
  let [kept, broken] = [0, 0];
  fc.assert(
    fc.property(fc.array(sets, { minLength: 200, maxLength: 400 }), (several) => {
      const check = new TokenSetCheck(MAX_TOKENS);
      const list = Uint32Array.from(several.flatMap((set) => set.list));
      let first = 0;
      for (const set of several) {
        const end = first + set.list.length;
        const evicted = Uint8Array.from(
          { length: MAX_TOKENS },
          (_, token) => Number(set.evicted.includes(token)),
        );
        const rules = { tokens: 30, evicted: set.evicted.length > 0 ? [evicted] : [] };
        const breach = explainTokenSet(list.subarray(first, end), rules, "visible");
        assert.equal(check.holds(list, first, end, rules), breach === null, `${breach}`);
        if (breach === null) kept++;
        else broken++;
        first = end;
      }
    }),
    { numRuns: 10 },
  );
  assert.ok(kept > 500 && broken > 500, `${kept} kept the rules, ${broken} did not`);
});

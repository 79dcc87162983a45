import assert from "node:assert/strict";
import fc from "fast-check";
import { anyMarked, explainTokenSet, TokenSetCheck } from "./token_set_check.ts";

const LIMIT = 30;
const sets = await TokenSetCheck.ofThread();

const holds = (tokens: readonly number[], limit = LIMIT) =>
  sets.firstBroken(Uint32Array.of(0, tokens.length), Uint32Array.from(tokens), limit) === null;

Deno.test("each token once, in any order, is a set", () => {
  assert.ok(holds([]));
  assert.ok(holds([0, 1, 29]));
  assert.ok(holds([29, 0, 7, 3]));
});

Deno.test("a token out of range or repeated is told, wherever it stands", () => {
  for (const tokens of [[0, 1, 30], [2 ** 32 - 1, 0], [5, 4, 5], [5, 5], [30], [2 ** 31]]) {
    assert.ok(!holds(tokens), tokens.join(" "));
  }
});

Deno.test("an ascending list is checked to its end, whatever its length", () => {
  for (let length = 1; length <= 24; length++) {
    const rising = Array.from({ length }, (_, at) => at);
    assert.ok(holds(rising, length), `${length}`);
    assert.ok(!holds(rising, length - 1), `${length}`);
    for (let at = 1; at < length; at++) {
      const repeated = rising.with(at, at - 1);
      assert.ok(!holds(repeated, length), repeated.join(" "));
    }
  }
});

Deno.test("a table of evicted tokens is searched between two bounds", () => {
  const table = Uint8Array.from({ length: 8 }, (_, token) => Number(token === 7));
  assert.ok(anyMarked(table, Uint32Array.of(1, 7, 2), 0, 2));
  assert.ok(!anyMarked(table, Uint32Array.of(1, 7, 2), 2, 3));
  assert.ok(!anyMarked(table, Uint32Array.of(1, 7, 2), 0, 1));
});

/** Lists of which about half are sets: of tokens mostly in range, sorted or not. */
const lists = fc.tuple(
  fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 12 }),
  fc.boolean(),
  fc.boolean(),
).map(([tokens, distinct, ascending]) => {
  const list = distinct ? [...new Set(tokens)] : tokens;
  return ascending ? list.toSorted((a, b) => a - b) : list;
});

Deno.test("the fast check finds the first list that the plain one refuses", () => {
  let [kept, broken] = [0, 0];
  fc.assert(
    fc.property(fc.array(lists, { minLength: 60, maxLength: 200 }), (several) => {
      const explain = (list: readonly number[]) =>
        explainTokenSet(Uint32Array.from(list), { tokens: LIMIT, evicted: [] }, "visible");
      const sound = several.filter((list) => explain(list) === null);
      kept += sound.length;
      broken += several.length - sound.length;
      for (const ours of [several, sound]) {
        const offsets = Uint32Array.of(0, ...ours.map(endOf));
        const tokens = Uint32Array.from(ours.flat());
        const first = ours.findIndex((list) => explain(list) !== null);
        assert.equal(sets.firstBroken(offsets, tokens, LIMIT), first < 0 ? null : first);
      }
    }),
    { numRuns: 20 },
  );
  assert.ok(kept > 500 && broken > 500, `${kept} kept the rules, ${broken} did not`);
});

/** Where a list ends when all are laid one after the other. */
function endOf(_: unknown, index: number, all: readonly (readonly number[])[]): number {
  return all.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0);
}

Deno.test("lists of a hundred thousand tokens find room, and short ones after them", () => {
  const many = Uint32Array.from({ length: 100_000 }, (_, at) => 99_999 - at);
  assert.equal(sets.firstBroken(Uint32Array.of(0, many.length), many, many.length), null);
  assert.equal(sets.firstBroken(Uint32Array.of(0, many.length), many, many.length - 1), 0);
  assert.ok(holds([3, 1, 2]));
  assert.ok(!holds([3, 1, 3]));
});

Deno.test("an evicted token is told with its number", () => {
  const evicted = Uint8Array.from({ length: LIMIT }, (_, token) => Number(token === 7));
  const rules = { tokens: LIMIT, evicted: [new Uint8Array(LIMIT), evicted] };
  assert.equal(explainTokenSet(Uint32Array.of(0, 8), rules, "visible"), null);
  assert.equal(
    explainTokenSet(Uint32Array.of(8, 7), rules, "visible"),
    "Expected visible tokens that are present but found 7, evicted",
  );
});

Deno.test("of more tokens than are looked at at a time, each list is checked", () => {
  const [count, length] = [40, 500];
  const offsets = Uint32Array.from({ length: count + 1 }, (_, list) => list * length);
  // Neither ascending nor in the order of another list.
  const tokens = Uint32Array.from(
    { length: count * length },
    (_, at) => (7 * at + Math.floor(at / length)) % length,
  );
  assert.equal(sets.firstBroken(offsets, tokens, length), null);
  for (let list = 0; list < count; list++) {
    const broken = tokens.slice();
    broken[(list + 1) * length - 1] = broken[list * length]!;
    assert.equal(sets.firstBroken(offsets, broken, length), list);
  }
});

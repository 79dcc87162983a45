import assert from "node:assert/strict";
import fc from "fast-check";
import { PolicyStorage } from "./policy_storage.ts";

const MAX_TOKENS = 20;

Deno.test("evictions below a token are counted, whatever was asked before", () => {
  const token = fc.integer({ min: 0, max: MAX_TOKENS - 1 });
  const move = fc.oneof(
    fc.record({ evict: token }),
    fc.record({ countBelow: fc.integer({ min: 0, max: MAX_TOKENS }) }),
  );
  fc.assert(fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
    const storage = new PolicyStorage("kv-head", 1, MAX_TOKENS);
    const evicted = new Set<number>();
    for (const one of moves) {
      if ("countBelow" in one) {
        const expected = [...evicted].filter((each) => each < one.countBelow).length;
        assert.equal(storage.evictedBelow(0, one.countBelow), expected);
      } else if (!evicted.has(one.evict)) {
        evicted.add(one.evict);
        const offsets = Uint32Array.of(0, 1);
        storage.evict({ per: "kv-head", offsets, tokens: Uint32Array.of(one.evict) });
      }
    }
  }));
});

Deno.test("a set is held against the evictions of every head that shares it", () => {
  const shape = { queryHeads: 4, kvHeads: 2 };
  const storage = new PolicyStorage("query-head", 4, MAX_TOKENS);
  const offsets = Uint32Array.of(0, 0, 1, 1, 2);
  storage.evict({ per: "query-head", offsets, tokens: Uint32Array.of(5, 6) });
  const gone = (per: "query-head" | "kv-head", head: number) =>
    storage.evictedOf(per, head, shape).map((table) => table.indexOf(1));
  assert.deepEqual([0, 1, 2, 3].map((head) => gone("query-head", head)), [[], [5], [], [6]]);
  assert.deepEqual([0, 1].map((head) => gone("kv-head", head)), [[5], [6]]);
  const shared = new PolicyStorage("kv-head", 2, MAX_TOKENS);
  shared.evict({ per: "kv-head", offsets: Uint32Array.of(0, 0, 1), tokens: Uint32Array.of(9) });
  const of = (head: number) => shared.evictedOf("query-head", head, shape).length;
  assert.deepEqual([0, 1, 2, 3].map(of), [0, 0, 1, 1]);
});

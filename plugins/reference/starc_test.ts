import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { shapeOf, Source } from "../testing/scenario.ts";
import type { Selection } from "./policy.ts";
import { ASPLOS26, StarcReference } from "./starc.ts";

function sizes({ visible }: Selection): number[] {
  return visible === "everything" ? [] : visible.sets.map((set) => set.length);
}

Deno.test("starc clusters the prompt at step 1 and the tail at steps 65 and 129", () => {
  const shape = shapeOf({ budget: 32 });
  const source = new Source({ shape, promptBlocks: [], steps: 0, texture: "smooth", seed: 1 });
  const reference = new StarcReference(shape, ASPLOS26);
  reference.prefill(source.keys(100));
  const flushes: number[] = [];
  for (let step = 1; step <= 130; step++) {
    if (reference.append(source.keys(1)).placement !== null) flushes.push(step);
  }
  deepStrictEqual(flushes, [1, 65, 129]);
});

Deno.test("starc keeps exactly max(tail, min(budget, length)) tokens, the tail among them", () => {
  const shape = shapeOf({ budget: 32, queryHeads: 8, kvHeads: 2 });
  const source = new Source({ shape, promptBlocks: [], steps: 0, texture: "smooth", seed: 2 });
  const reference = new StarcReference(shape, ASPLOS26);
  reference.prefill(source.keys(20));
  for (let step = 1; step <= 70; step++) {
    reference.append(source.keys(1));
    const selection = reference.select({ queries: source.queries(), speculated: [] });
    const tail = (step - 1) % 64;
    const expected = Math.max(tail, Math.min(32, reference.length));
    deepStrictEqual(sizes(selection), new Array(8).fill(expected));
    ok(selection.visible !== "everything");
    for (const set of selection.visible.sets) {
      for (let token = reference.length - tail; token < reference.length; token++) {
        ok(set.includes(token), `Expected token ${token} of the tail`);
      }
    }
  }
});

Deno.test("starc cuts windows of 64 and gives the short last one a cluster for 16 tokens", () => {
  const shape = shapeOf({});
  const source = new Source({ shape, promptBlocks: [], steps: 0, texture: "smooth", seed: 3 });
  const reference = new StarcReference(shape, ASPLOS26);
  reference.prefill(source.keys(150));
  const { clusterings, accesses } = reference.append(source.keys(1));
  deepStrictEqual(
    clusterings.map(({ windows, tokens, clusters }) => ({ windows, tokens, clusters })),
    [{ windows: 2, tokens: 64, clusters: 4 }, { windows: 1, tokens: 23, clusters: 2 }],
  );
  strictEqual(accesses[0]?.bytes, 10 * 8 * 2);
});

Deno.test("starc puts directions that differ into clusters that differ", () => {
  const reference = new StarcReference(shapeOf({ budget: 16 }), ASPLOS26);
  const axes = [0, 1, 2, 3];
  const keys = Array.from(
    { length: 64 },
    (_, token) =>
      Float32Array.from({ length: 8 }, (_, channel) => channel === axes[token % 4] ? 1 + token : 0),
  );
  reference.prefill([keys.slice(0, 63)]);
  reference.append([keys.slice(63)]);
  const query = Float32Array.from([0, 0, 1, 0, 0, 0, 0, 0]);
  const { visible } = reference.select({ queries: [query], speculated: [] });
  ok(visible !== "everything");
  deepStrictEqual(
    [...visible.sets[0] ?? []].sort((a, b) => a - b),
    Array.from({ length: 16 }, (_, i) => 4 * i + 2),
  );
});

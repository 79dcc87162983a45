import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { addRecall, meanRecall, recall, RecallMeter } from "./recall.ts";

Deno.test("recall is the share of the most relevant tokens that were kept", () => {
  const logits = Float32Array.of(5, 1, 4, 2, 3);
  equal(recall([0, 2], logits, 2), 1);
  equal(recall([2, 3], logits, 2), 0.5);
  equal(recall([1, 3], logits, 2), 0);
  equal(recall([0, 1, 2, 3, 4], logits, 2), 1);
  equal(recall([], logits, 2), 0);
});

Deno.test("where there are fewer tokens than the budget, all are wanted", () => {
  equal(recall([0], Float32Array.of(1, 2), 100), 0.5);
  equal(recall([], Float32Array.of(), 100), 1);
});

Deno.test("what a model's window hides is not wanted", () => {
  const logits = Float32Array.of(-Infinity, -Infinity, 1, 2);
  equal(recall([3], logits, 3), 0.5);
  equal(recall([2, 3], logits, 3), 1);
  equal(recall([0, 3], logits, 3), 0.5);
});

Deno.test("of equally relevant tokens the earlier is wanted", () => {
  const logits = Float32Array.of(1, 7, 1, 1);
  equal(recall([1, 0], logits, 2), 1);
  equal(recall([1, 3], logits, 2), 0.5);
});

Deno.test("recall agrees with sorting", () => {
  const contexts = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(contexts, fc.integer({ min: 1, max: 50 }), fc.nat(), (values, budget, seed) => {
      const logits = Float32Array.from(values);
      const kept = [...values.keys()].filter((token) => (token * 7919 + seed) % 3 === 0);
      const wanted = [...values.keys()]
        .sort((a, b) => values[b]! - values[a]! || a - b)
        .slice(0, budget);
      equal(
        recall(kept, logits, budget),
        kept.filter((token) => wanted.includes(token)).length / wanted.length,
      );
    }),
  );
});

Deno.test("a meter adds up by layer", () => {
  const meter = new RecallMeter(1);
  const logits = Float32Array.of(1, 2);
  meter.observe({ layer: 2, queryHead: 0, kept: [1], logits });
  meter.observe({ layer: 2, queryHead: 1, kept: [0], logits });
  meter.observe({ layer: 0, queryHead: 0, kept: undefined, logits });
  deepEqual(meter.totals, [{ sum: 1, count: 1 }, { sum: 0, count: 0 }, { sum: 1, count: 2 }]);
  equal(meanRecall(meter.totals), 2 / 3);
  equal(meanRecall([]), null);
  deepEqual(addRecall(meter.totals, [{ sum: 0.5, count: 1 }])[0], { sum: 1.5, count: 2 });
});

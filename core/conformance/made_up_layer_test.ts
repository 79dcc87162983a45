import { deepEqual, ok } from "node:assert/strict";
import { MadeUpLayer } from "./made_up_layer.ts";

const SHAPE = { queryHeads: 4, kvHeads: 2, headDim: 4 };

Deno.test("a token has the same key however tokens are divided into blocks", () => {
  const whole = new MadeUpLayer(SHAPE, 1, "hostile").keys(5);
  const cut = new MadeUpLayer(SHAPE, 1, "hostile");
  const [first, second] = [cut.keys(2), cut.keys(3)];
  for (const head of [0, 1]) {
    const of = (
      keys: Float32Array,
      count: number,
    ) => [...keys.subarray(head * count * 4, (head + 1) * count * 4)];
    deepEqual([...of(first, 2), ...of(second, 3)], of(whole, 5));
  }
});

Deno.test("hostile values are NaN and infinite now and then, smooth ones never", () => {
  const smooth = new MadeUpLayer(SHAPE, 1, "smooth").keys(500);
  const hostile = new MadeUpLayer(SHAPE, 1, "hostile").keys(500);
  ok(smooth.every(Number.isFinite));
  ok(hostile.some(Number.isNaN));
  ok(hostile.includes(Infinity));
  ok(hostile.filter(Number.isFinite).length > 3000);
});

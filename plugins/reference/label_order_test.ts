import { deepStrictEqual } from "node:assert/strict";
import { labelOrder } from "./label_order.ts";

Deno.test("labelOrder() keeps the order of equal labels in a list of up to 16", () => {
  deepStrictEqual(labelOrder([1, 0, 1, 0]), [1, 3, 0, 2]);
});

Deno.test("labelOrder() orders a window as torch.argsort does on a CPU", () => {
  const labels = "3333333333333000022221111111111111122222222200000000000000000000";
  deepStrictEqual(
    labelOrder(Array.from(labels, Number)),
    // deno-fmt-ignore
    [
      63, 44, 45, 46, 47, 48, 49, 50, 51, 16, 15, 14, 13, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
      32, 34, 33, 31, 30, 28, 21, 22, 23, 24, 25, 29, 27, 26,
      35, 17, 18, 19, 20, 42, 43, 41, 40, 39, 38, 37, 36,
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0,
    ],
  );
});

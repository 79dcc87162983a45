import { deepStrictEqual } from "node:assert/strict";
import { shapeOf } from "../testing/scenario.ts";
import { QuestReference } from "./quest.ts";

/** Pages of 4 tokens; the first channel of every key, page by page. */
function keptPages(budget: number, pages: number[][], query: number[], keepLastPage = false) {
  const settings = { pageTokens: 4, minimumPages: 1, keepLastPage };
  const reference = new QuestReference(shapeOf({ queryHeads: 1, headDim: 4, budget }), settings);
  reference.prefill([pages.flat().map((value) => Float32Array.from([value, 0, 0, 0]))]);
  const { visible } = reference.select({ queries: [query], speculated: [] });
  const tokens = visible === "everything" ? [] : visible.sets[0] ?? [];
  return [...new Set(tokens.map((token) => Math.floor(token / 4)))];
}

const PAGES = [[0, 1, -5, 2], [3, 0, 0, 0], [1, 1, 1, 1], [-9, 0, 0, 0], [2]];

Deno.test("quest bounds a page by its largest key where the query is positive", () => {
  deepStrictEqual(keptPages(4, PAGES, [1, 0, 0, 0]), [1]);
  deepStrictEqual(keptPages(8, PAGES, [1, 0, 0, 0]), [0, 1]);
});

Deno.test("quest bounds a page by its smallest key where the query is negative", () => {
  deepStrictEqual(keptPages(4, PAGES, [-1, 0, 0, 0]), [3]);
});

Deno.test("quest keeps the last page only where it is told to", () => {
  deepStrictEqual(keptPages(8, PAGES, [-1, 0, 0, 0]), [0, 3]);
  deepStrictEqual(keptPages(8, PAGES, [-1, 0, 0, 0], true), [3, 4]);
});

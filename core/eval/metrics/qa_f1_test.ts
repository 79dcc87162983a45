import { equal, ok } from "node:assert/strict";
import { qaF1 } from "./qa_f1.ts";

const close = (found: number, expected: number, tolerance = 1e-7) =>
  ok(Math.abs(found - expected) < tolerance, `expected ${expected} but found ${found}`);

Deno.test("F1 counts a word as often as both have it", () => {
  equal(qaF1("Paris", "Paris"), 1);
  equal(qaF1("big big city", "big city hall"), 2 / 3);
  equal(qaF1("no", "yes"), 0);
  equal(qaF1("", ""), 0);
  equal(qaF1("the", "a"), 0);
  equal(qaF1("", "answer"), 0);
  equal(qaF1("constructor toString", "constructor"), 2 / 3);
  close(qaF1("the answer is forty two", "forty two"), 2 * (0.5 * 1) / 1.5);
});

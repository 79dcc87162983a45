import { equal, throws } from "node:assert/strict";
import { count } from "./count.ts";
import { retrieval } from "./retrieval.ts";

Deno.test("retrieval and count are shares of the numbers named", () => {
  equal(retrieval("Paragraph 12", "Paragraph 12"), 1);
  equal(retrieval("Paragraph 12, not 1 or 2", "Paragraph 12"), 1 / 3);
  equal(retrieval("012", "Paragraph 12"), 0);
  equal(retrieval("none", "Paragraph 12"), 0);
  equal(count("12 12 3", "12"), 2 / 3);
  equal(count("", "12"), 0);
  equal(count("1.2e3", "3"), 1 / 3);
  equal(count("٣", "٣"), 1);
  throws(() => retrieval("Paragraph 12", "12"), {
    name: "RangeError",
    message: 'Expected an answer such as "Paragraph 3" but found "12"',
  });
});

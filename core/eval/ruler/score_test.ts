import { equal, throws } from "node:assert/strict";
import { rulerMetric, rulerScore } from "./score.ts";

Deno.test("NVIDIA's scores are shares of substrings, or any for questions", () => {
  const all = rulerMetric("niah_multivalue", "nvidia");
  equal(all("the values: 12, 34", ["12", "34", "56", "78"]), 0.5);
  equal(all("ABC", ["abc"]), 1);
  equal(rulerMetric("vt", "nvidia")("a\x01bc", ["abc"]), 0);
  equal(all("", ["12"]), 0);
  const any = rulerMetric("qa_1", "nvidia");
  equal(any("It is PARIS.", ["London", "Paris"]), 1);
  equal(any("Rome", ["London", "Paris"]), 0);
  equal(rulerScore("vt", "nvidia", [1, 0.5, 0.2]), 56.67);
});

Deno.test("the artifact's scores follow its own rules", () => {
  const several = rulerMetric("niah_multiquery", "artifact");
  equal(several("12 and 345.", ["12", "34"]), 0.5);
  equal(several("1,234", ["1234"]), 1);
  const one = rulerMetric("niah_single_3", "artifact");
  equal(one(" ab-cd.<|eot_id|>", ["ab-cd"]), 1);
  equal(one("abcdef", ["ab-cd"]), 1);
  equal(one("is abcd indeed", ["ab-cd"]), 1);
  equal(one("is abcdef", ["ab-cd"]), 0);
  equal(one("", ["ab"]), 0);
  const words = rulerMetric("cwe", "artifact");
  equal(words("1. Cat 2. dog", ["cat", "Dog", "do", "well-known"]), 0.5);
  const question = rulerMetric("qa_2", "artifact");
  equal(question("He is the King of Spain!", ["a king of  spain"]), 1);
  equal(question("no", ["yes"]), 0);
  equal(rulerScore("vt", "artifact", [1, 0, 0]), Math.fround(1 / 3));
  throws(() => rulerScore("vt", "artifact", []), /expected predictions but found none/);
});

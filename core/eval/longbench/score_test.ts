import { deepEqual, equal, throws } from "node:assert/strict";
import { scoreTask, scoreTaskByLength } from "./score.ts";

Deno.test("of a few-shot prediction the first line counts, and the last sample's classes", () => {
  const prediction = (pred: string, classes: string[] | null) => ({
    pred,
    answers: ["Place"],
    all_classes: classes,
  });
  equal(scoreTask("trec", [prediction("\n\nPlace\nDate", ["Place", "Date"])]), 100);
  equal(
    scoreTask("trec", [prediction("Place", null), prediction("Place", ["Place", "Date"])]),
    100,
  );
  equal(scoreTask("trec", [prediction("Place", ["Place"]), prediction("Place", null)]), 0);
});

Deno.test("scores without predictions or answers", () => {
  throws(() => scoreTask("qasper", []), { message: "qasper: expected predictions but found none" });
  equal(scoreTask("qasper", [{ pred: "x", answers: [], all_classes: null }]), 0);
});

Deno.test("LongBench-E scores go by words: below 4000, below 8000, the rest", () => {
  const prediction = (length: number, pred: string) => ({
    pred,
    answers: ["yes"],
    all_classes: null,
    length,
  });
  deepEqual(
    scoreTaskByLength("qasper", [
      prediction(3999, "yes"),
      prediction(4000, "no"),
      prediction(7999, "yes"),
      prediction(7998, "yes"),
    ]),
    { "0-4k": 100, "4-8k": 66.67, "8k+": null },
  );
  const { length: _, ...without } = prediction(1, "yes");
  throws(() => scoreTaskByLength("qasper", [without]), /expected a length but sample 0 has none/);
});

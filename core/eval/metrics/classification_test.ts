import { equal } from "node:assert/strict";
import { classification } from "./classification.ts";

Deno.test("classification shares 1 among the classes named", () => {
  const classes = ["Person", "Place", "Date"];
  const score = (prediction: string, answer: string) =>
    classification(prediction, answer, { classes });
  equal(score("Place", "Place"), 1);
  equal(score("Person, Place, Date", "Date"), 1 / 3);
  equal(score("place", "Place"), 0);
  equal(score("Person", "Place"), 0);
  equal(score("", "Place"), 0);
  equal(classification("Place", "Place", { classes: [] }), 0);
});

Deno.test("classification drops proper parts of the answer, but not the one behind a dropped one", () => {
  const answer = "Organ of body";
  const prediction = "Organ of body";
  equal(classification(prediction, answer, { classes: ["Organ", answer] }), 1);
  // "Organ" is removed while the loop stands on it, so "body" is passed over and stays.
  equal(classification(prediction, answer, { classes: ["Organ", "body", answer] }), 1 / 2);
  // With something in between all parts are seen.
  equal(
    classification(`${prediction} Date`, answer, { classes: ["Organ", "Date", "body", answer] }),
    1 / 2,
  );
});

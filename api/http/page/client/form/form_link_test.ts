import { deepEqual, equal } from "node:assert/strict";
import { fieldsPart, FormLink, listPart, namePart, valuesPart } from "./form_link.ts";

const parts = {
  experiment: fieldsPart,
  policies: listPart,
  vary: valuesPart,
  memory: namePart,
} as const;

for (
  const [name, text, expected] of [
    ["experiment", "null", "an object"],
    ["experiment", "[]", "an object"],
    ["experiment", '{"model"', "an object"],
    ["policies", "5", "a list of objects"],
    ["policies", "[null]", "a list of objects"],
    ["vary", '{"lin":5}', "lists of words and numbers by field"],
    ["vary", '{"lin":[null]}', "lists of words and numbers by field"],
    ["memory", "{}", "a name"],
  ] as const
) {
  Deno.test(`a form's link whose ${name} is ${text} says what was expected there`, () => {
    const link = new FormLink(new URLSearchParams({ [name]: text }));
    equal(link.read(name, parts[name] as typeof fieldsPart), undefined);
    equal(
      link.fault?.message,
      `Of the link is left out: ${name}: expected ${expected} but found ${text}`,
    );
  });
}

Deno.test("a form's link is read part by part, and what it leaves out is no fault", () => {
  const link = new FormLink(new URLSearchParams({ vary: '{"lin":[1,"2"]}' }));
  deepEqual(link.read("vary", valuesPart), { lin: [1, "2"] });
  equal(link.read("policies", listPart), undefined);
  equal(link.fault, undefined);
});

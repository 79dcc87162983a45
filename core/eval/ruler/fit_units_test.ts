import { equal } from "node:assert/strict";
import fc from "fast-check";
import { fitUnits } from "./fit_units.ts";

Deno.test("the size found fits and the next does not, wherever the search begins", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: -10, max: 6000 }),
    fc.option(fc.integer({ min: 0, max: 6000 }), { nil: undefined }),
    (limit, minimum, increment, guess, maximum) => {
      const units = fitUnits((size) => size <= limit, { minimum, increment, guess, maximum });
      const end = Math.min(limit, maximum ?? Infinity);
      const expected = end < minimum
        ? undefined
        : minimum + Math.floor((end - minimum) / increment) * increment;
      equal(units, expected);
    },
  ));
});

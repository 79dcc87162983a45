import { equal } from "node:assert/strict";
import fc from "fast-check";
import { pythonFloat } from "./python_float.ts";

Deno.test("floats print as Python prints them", () => {
  const facts: [number, string][] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [9, "9.0"],
    [-1.5, "-1.5"],
    [0.1 + 0.2, "0.30000000000000004"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [9999999999999998, "9999999999999998.0"],
    [1e16, "1e+16"],
    [1.2345e22, "1.2345e+22"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
    [NaN, "nan"],
  ];
  for (const [value, text] of facts) equal(pythonFloat(value), text);
});

Deno.test("what is printed reads back as the same number", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    equal(Number(pythonFloat(value)), value);
  }));
});

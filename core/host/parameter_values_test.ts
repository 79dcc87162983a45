import { deepEqual, throws } from "node:assert/strict";
import type { Parameter } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { namedValues, parameterValues } from "./parameter_values.ts";

const PARAMETERS: readonly Parameter[] = [
  {
    name: "pages",
    summary: "",
    kind: { tag: "integer", value: { defaultValue: 4, minimum: 1, maximum: 9 } },
  },
  {
    name: "share",
    summary: "",
    kind: { tag: "real", value: { defaultValue: 0.5, minimum: 0, maximum: 1 } },
  },
  { name: "mix", summary: "", kind: { tag: "flag", value: true } },
  {
    name: "unit",
    summary: "",
    kind: { tag: "choice", value: { defaultValue: 1, options: ["query-head", "kv-head"] } },
  },
];

Deno.test("parameters that are not given have their defaults", () => {
  const values = parameterValues(PARAMETERS, {});
  deepEqual(namedValues(PARAMETERS, values), {
    pages: 4,
    share: 0.5,
    mix: true,
    unit: "kv-head",
  });
});

Deno.test("given values are of the declared kind", () => {
  const given = { pages: "9", share: "0.25", mix: "false", unit: "query-head" };
  deepEqual(parameterValues(PARAMETERS, given), [
    { tag: "integer", value: 9 },
    { tag: "real", value: 0.25 },
    { tag: "flag", value: false },
    { tag: "choice", value: 0 },
  ]);
});

Deno.test("what a parameter cannot be is refused, by name", () => {
  const refuses = (given: Record<string, string>, message: RegExp) =>
    throws(() => parameterValues(PARAMETERS, given), message);
  refuses({ page: "1" }, /^RangeError: Expected one of pages, share, mix, unit but found "page"$/);
  refuses({ pages: "10" }, /pages: expected a whole number from 1 to 9 but found "10"/);
  refuses({ pages: "1.5" }, /pages: expected a whole number/);
  refuses({ pages: "" }, /pages: expected a whole number/);
  refuses({ share: "NaN" }, /share: expected a number from 0 to 1/);
  refuses({ mix: "yes" }, /mix: expected true or false but found "yes"/);
  refuses({ unit: "head" }, /unit: expected one of query-head, kv-head but found "head"/);
  throws(() => parameterValues([], { a: "1" }), /Expected no parameters but found "a"/);
});

import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "./canonical_json.ts";

Deno.test("the text reads back as the value", () => {
  fc.assert(fc.property(
    fc.jsonValue({ noUnicodeString: false, stringUnit: "grapheme" }),
    (value) => deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value))),
  ));
});

Deno.test("the order in which keys were written changes nothing", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const reversed = Object.fromEntries(Object.entries(value).reverse());
    equal(canonicalJson(reversed), canonicalJson(value));
  }));
});

Deno.test("the example of RFC 8785 section 3.2.2 comes out byte for byte", () => {
  const value = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

Deno.test("keys are sorted by UTF-16 code units, not by code points", () => {
  equal(canonicalJson({ "\ufb33": 1, "😀": 2, "€": 3 }), '{"€":3,"😀":2,"\ufb33":1}');
});

Deno.test("minus zero is zero, and other numbers are told apart", () => {
  equal(canonicalJson(-0), "0");
  notEqual(canonicalJson(0.1 + 0.2), canonicalJson(0.3));
});

Deno.test("what JSON cannot say is refused", () => {
  const message = /^Expected a value that JSON can hold but found /;
  for (const value of [NaN, Infinity, undefined, 1n, "\ud800", new Map(), [undefined], () => 1]) {
    throws(() => canonicalJson(value), { name: "TypeError", message });
  }
});

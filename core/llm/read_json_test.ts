import { deepEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import * as v from "valibot";
import { jsonObject, readJson } from "./read_json.ts";
import { TemporaryDirectory } from "./testing/random_checkpoint.ts";

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Schema = v.object({
  sizes: v.optional(v.record(v.string(), whole)),
  scaling: v.optional(jsonObject(v.looseObject({}))),
  ids: v.optional(v.union([whole, v.array(whole)])),
  names: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
  kind: v.optional(v.picklist(["full", "sliding"])),
  share: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1))),
  tied: v.optional(v.boolean()),
  digits: v.optional(v.pipe(v.string(), v.digits())),
  template: v.optional(v.union([v.string(), v.array(v.object({ name: v.string() }))])),
});

function read(text: string) {
  using directory = new TemporaryDirectory();
  directory.write("a.json", text);
  return readJson(join(directory.path, "a.json"), Schema);
}

Deno.test("what fits is returned", () => {
  deepEqual(read('{"ids": [1, 2], "share": 1, "more": 5}'), { ids: [1, 2], share: 1 });
});

const WRONG: readonly (readonly [string, string])[] = [
  ["[1]", "Expected an object but found a list"],
  ["null", "Expected an object but found null"],
  ['{"sizes": 5}', "sizes: Expected an object but found 5"],
  ['{"sizes": {"a.b": 0.5}}', 'sizes."a.b": Expected a whole number but found 0.5'],
  ['{"sizes": {"a": -1}}', "sizes.a: Expected at least 0 but found -1"],
  ['{"sizes": {"a": 1e99}}', "sizes.a: Expected a whole number but found 1e+99"],
  ['{"scaling": [1]}', "scaling: Expected an object but found a list"],
  ['{"ids": "x"}', 'ids: Expected a number or a list but found "x"'],
  ['{"ids": [1, "x"]}', 'ids.1: Expected a number but found "x"'],
  ['{"ids": -3}', "ids: Expected at least 0 but found -3"],
  ['{"names": []}', "names: Expected of length 1 or more but found 0"],
  ['{"names": [{}]}', "names.0: Expected a string but found an object"],
  ['{"kind": "odd"}', 'kind: Expected one of "full", "sliding" but found "odd"'],
  ['{"share": 0}', "share: Expected over 0 but found 0"],
  ['{"share": 2}', "share: Expected at most 1 but found 2"],
  ['{"share": 1e999}', "share: Expected a finite number but found Infinity"],
  ['{"tied": "yes"}', 'tied: Expected true or false but found "yes"'],
  ['{"digits": "a\\nb"}', 'digits: Expected digits but found "a\\nb"'],
  ['{"template": [{}]}', "template.0.name: Expected a value but found none"],
  [
    `{"tied": "${"y".repeat(100)}"}`,
    `tied: Expected true or false but found "${"y".repeat(60)}..."`,
  ],
];

Deno.test("what does not fit is said in one line: where, what was expected and what found", () => {
  for (const [text, line] of WRONG) {
    throws(() => read(text), (error: Error) => {
      deepEqual(error.message.slice(error.message.indexOf("a.json: ")), `a.json: ${line}`);
      return error.name === "CheckpointError";
    });
  }
});

import assert from "node:assert/strict";
import { Layout } from "./layout.ts";
import { parseWit } from "./parse_wit.ts";

const [types] = parseWit(`package a:b@1.0.0; interface i {
  record mixed { a: u8, b: u64, c: u16 }
  variant either { small(u8), wide(f64), text(string), none }
  flags nine { a, b, c, d, e, f, g, h, i }
  enum two { x, y }
  type alias = mixed;
  record nested { first: mixed, second: option<u32>, third: result<f32, either> }
}`).interfaces;
const layout = new Layout(types?.types ?? []);
const named = (name: string) => ({ kind: "named", name }) as const;

const EXPECTED: readonly [string, number, number, string][] = [
  ["mixed", 24, 8, "i32 i64 i32"],
  ["either", 16, 8, "i32 i64 i32"],
  ["nine", 2, 2, "i32"],
  ["two", 1, 1, "i32"],
  ["alias", 24, 8, "i32 i64 i32"],
  ["nested", 56, 8, "i32 i64 i32 i32 i32 i32 i32 i64 i32"],
];

for (const [name, size, alignment, flat] of EXPECTED) {
  Deno.test(`${name} takes ${size} bytes, aligned to ${alignment}, or ${flat}`, () => {
    assert.equal(layout.size(named(name)), size);
    assert.equal(layout.alignment(named(name)), alignment);
    assert.equal(layout.flatten(named(name)).join(" "), flat);
  });
}

Deno.test("a name without a definition is an error", () => {
  assert.throws(() => layout.size(named("missing")), /Expected a type of the interface/);
});

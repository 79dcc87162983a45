import assert from "node:assert/strict";
import { parseWit } from "./parse_wit.ts";
import { WitSyntaxError } from "./tokens.ts";

Deno.test("parseWit reads the header, documentation and every kind of item", () => {
  const wit = parseWit(`
    /// The package.
    package a:b@1.2.3;
    // not documentation
    interface things {
      /// A pair.
      /// Of two.
      record pair { /* x */ x: u32, y: list<f32>, }
      variant choice { none, some(pair) }
      enum colour { red, green }
      flags marks { a, b }
      type number = option<result<_, string>>;
      resource thing {
        constructor(x: u8);
        open: static func() -> result<thing, string>;
        close: func(%record: bool);
      }
      free: func(a: tuple<s8, f64>) -> result;
    }
    world w { export things; }
  `);
  assert.equal(`${wit.id}@${wit.version}`, "a:b@1.2.3");
  assert.equal(wit.doc, "The package.");
  const [things] = wit.interfaces;
  assert.deepEqual(things?.types.map(({ kind, name }) => `${kind} ${name}`), [
    "record pair",
    "variant choice",
    "enum colour",
    "flags marks",
    "alias number",
    "resource thing",
  ]);
  assert.equal(things?.types[0]?.doc, "A pair.\nOf two.");
  assert.deepEqual(things?.functions.map(({ kind, name }) => `${kind} ${name}`), [
    "constructor constructor",
    "static open",
    "method close",
    "free free",
  ]);
  assert.equal(things?.functions[2]?.parameters[0]?.name, "record");
  assert.deepEqual(wit.worlds[0]?.exports, ["things"]);
});

const ERRORS: readonly [string, string][] = [
  ["package a:b@1.0.0;\ninterface i {\n  f: fun();\n}", 'line 3: Expected "func" but found fun'],
  ["package a:b@1.0.0;\nrecord", "line 2: Expected an interface or a world but found record"],
  ["package a:b@1.0.0; interface i { record r { x u8 } }", 'line 1: Expected ":" but found u8'],
  ["package a:b@1.0.0; interface i {", "line 1: Expected a name but found the end of the file"],
  ["package $", 'line 1: Expected a token but found "$"'],
  [
    "package a:b@1.0.0; interface i { f: func(x: borrow<y>); }",
    "line 1: Expected a type of the contracts' subset of WIT but found borrow",
  ],
];

for (const [source, message] of ERRORS) {
  Deno.test(`parseWit says: ${message}`, () => {
    assert.throws(() => parseWit(source), new WitSyntaxError(message.slice(8), Number(message[5])));
  });
}

import { deepEqual, throws } from "node:assert/strict";
import { readPythonLiteral } from "./literal.ts";

const read = (literal: string) => readPythonLiteral(`import os\nX = ${literal}\nY = 1\n`, "X");

Deno.test("literals of every kind are read", () => {
  deepEqual(read("{'a': 1, \"b\": [2.5, -3, True, None,], }"), { a: 1, b: [2.5, -3, true, null] });
  deepEqual(read("('one' # first\n  \"two\")"), "onetwo");
  deepEqual(read("('one',)"), ["one"]);
  deepEqual(read("()"), []);
  deepEqual(read('"""a\n"quoted"\n"""'), 'a\n"quoted"\n');
  deepEqual(read("r'\\n' 'x\\n\\'\\u00e9\\x41\\q'"), "\\nx\n'éA\\q");
  deepEqual(read("'''a\\\nb'''"), "ab");
  deepEqual(read("1_000"), 1000);
});

Deno.test("anything else is refused, with its line", () => {
  throws(() => read("{'a': f(1)}"), {
    name: "PythonLiteralError",
    message: 'line 2: expected a literal but found "(1)}"',
  });
  throws(() => read("{'a' 1}"), /expected : but found/);
  throws(() => read("['a' 1]"), /expected , or ] but found/);
  throws(() => read("'open"), /expected the closing '/);
  throws(() => read("{1: 2}"), /expected a string as key/);
  throws(() => readPythonLiteral("Y = 1", "X"), /expected an assignment to X but found none/);
});

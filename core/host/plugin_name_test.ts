import { equal } from "node:assert/strict";
import { isName, shown } from "./plugin_name.ts";

Deno.test("names are in kebab case and no longer than a line has room for", () => {
  for (const name of ["a", "streaming-llm", "b2-c3", "x".repeat(64)]) {
    equal(isName(name), true, name);
  }
  const others = ["", "A", "a_b", "a--b", "-a", "2a", "a\n", "a\u001b[31m", "x".repeat(65)];
  for (const name of others) equal(isName(name), false, name);
});

Deno.test("what a plugin gave is quoted, and cut where it is long", () => {
  equal(shown("a\n\u001b[31mred"), '"a\\n\\u001b[31mred"');
  equal(shown("x".repeat(100)), `"${"x".repeat(64)}..."`);
});

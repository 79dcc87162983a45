import { equal } from "node:assert/strict";
import { isPluginName, shownName } from "./plugin_name.ts";

Deno.test("names are in kebab case and no longer than a line has room for", () => {
  for (const name of ["a", "streaming-llm", "b2-c3", "x".repeat(64)]) {
    equal(isPluginName(name), true, name);
  }
  const others = ["", "A", "a_b", "a--b", "-a", "2a", "a\n", "a\u001b[31m", "x".repeat(65)];
  for (const name of others) equal(isPluginName(name), false, name);
});

Deno.test("what a plugin gave is quoted, and cut where it is long", () => {
  equal(shownName("a\n\u001b[31mred"), '"a\\n\\u001b[31mred"');
  equal(shownName("x".repeat(100)), `"${"x".repeat(64)}..."`);
});

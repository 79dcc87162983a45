import { deepEqual, equal } from "node:assert/strict";
import { firstLine, splitWords, strip } from "./text.ts";

Deno.test("white space is Python's", () => {
  deepEqual(splitWords(" a\u0085b\u2028c\x1cd\ufeffe "), ["a", "b", "c", "d\ufeffe"]);
  equal(strip("\u3000 x y \x1f"), "x y");
  equal(firstLine("\n\nfirst\nsecond"), "first");
  equal(firstLine(""), "");
});

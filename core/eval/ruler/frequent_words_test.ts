import { ok } from "node:assert/strict";
import { zeta } from "./frequent_words.ts";

Deno.test("zeta agrees with known values", () => {
  for (
    const [s, value] of [[2, Math.PI ** 2 / 6], [4, Math.PI ** 4 / 90], [1.5, 2.612375348685488]]
  ) {
    ok(Math.abs(zeta(s!) / value! - 1) < 1e-13);
  }
});

import { doesNotThrow, throws } from "node:assert/strict";
import { checkLogits } from "./check_logits.ts";

Deno.test("a token that cannot come is no fault, one of infinite weight or none at all is", () => {
  doesNotThrow(() => checkLogits(Float32Array.of(-Infinity, 0, -Infinity), 1));
  for (const wrong of [[0, Infinity], [NaN, 0], [0, -NaN], [-Infinity, -Infinity]]) {
    throws(() => checkLogits(Float32Array.from(wrong), 1), {
      name: "CheckpointError",
      message:
        /^weights: logits after token 1: Expected finite numbers but found -?(NaN|Infinity): /,
    });
  }
});

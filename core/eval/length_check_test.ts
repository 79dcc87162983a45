import { throws } from "node:assert/strict";
import type { EvaluatedModel } from "./evaluated_model.ts";
import { checkLength } from "./length_check.ts";

const model = { name: "tiny", contextTokens: 100 } as EvaluatedModel;

Deno.test("what is read is a prompt and all tokens generated but the last, and has to fit", () => {
  checkLength(model, 100, 0);
  checkLength(model, 100, 1);
  checkLength(model, 1, 100);
  const refuses = (prompt: number, generated: number, message: string) =>
    throws(() => checkLength(model, prompt, generated), {
      name: "EvaluationInputError",
      message: `expected ${message}`,
    });
  refuses(0, 1, "a prompt of at least one token but found none");
  refuses(101, 0, "a prompt of at most 100 tokens, as tiny holds no more, but found 101");
  refuses(
    98,
    4,
    "a prompt of at most 97 tokens, as tiny holds 100 and 4 are to be generated, but found 98",
  );
  refuses(1, 101, "at most 100 tokens to generate, as tiny holds no more, but found 101");
});

import assert from "node:assert/strict";
import { camelCase, docComment, pascalCase, snakeCase } from "./names.ts";

Deno.test("kebab-case names take the case of each language", () => {
  assert.equal(camelCase("mean-value-weights"), "meanValueWeights");
  assert.equal(pascalCase("kv-head"), "KvHead");
  assert.equal(snakeCase("end-prefill"), "end_prefill");
  assert.equal(camelCase("f32-list"), "f32List");
});

Deno.test("docComment writes one line or several", () => {
  assert.equal(docComment(""), "");
  assert.equal(docComment("One."), "/** One. */\n");
  assert.equal(docComment("One.\nTwo.", "  "), "  /**\n   * One.\n   * Two.\n   */\n");
});

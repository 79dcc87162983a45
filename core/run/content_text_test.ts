import { deepEqual } from "node:assert/strict";
import fc from "fast-check";
import { contentOf, contentText } from "./content_text.ts";

Deno.test("any content comes back from JSON as it was", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.string({ unit: "binary" }).map((text) => new TextEncoder().encode(text)),
    fc.constant(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)),
  );
  fc.assert(fc.property(content, (bytes) => {
    const back = contentOf(JSON.parse(JSON.stringify(contentText(bytes))));
    deepEqual([...back], [...bytes]);
  }));
});

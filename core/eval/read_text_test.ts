import { equal, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { decodeText, readText } from "./read_text.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

Deno.test("text is read as it is, replacement characters included, behind a byte order mark", () => {
  using folder = temporaryFolder();
  const path = folder.path("a.txt");
  const read = (text: string) => {
    writeFileSync(path, text);
    return readText(path);
  };
  equal(read("\uFEFFe\u0301 \uFFFD \u{1F40B}\uFFFD"), "e\u0301 \uFFFD \u{1F40B}\uFFFD");
  equal(read("\uFEFF\uFEFFa\uFEFF"), "\uFEFFa\uFEFF");
  equal(read("\uFEFF"), "");
  equal(read(""), "");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    equal(read(`\uFEFF${text}`), text);
    equal(decodeText(new TextEncoder().encode(`\uFEFF${text}`), "a.txt"), text);
  }));
});

Deno.test("the first byte that is not UTF-8 is named, whatever is before and behind it", () => {
  using folder = temporaryFolder();
  const path = folder.path("a.txt");
  const encoder = new TextEncoder();
  const refused = (bytes: Uint8Array, message: string) => {
    writeFileSync(path, bytes);
    throws(() => readText(path), { name: "EvaluationInputError", message: `${path}: ${message}` });
  };
  const message = (byte: string, offset: number) =>
    `expected text in UTF-8 but found the byte 0x${byte} at offset ${offset}`;
  refused(Uint8Array.of(0x61, 0xe9, 0x62), message("e9", 1));
  refused(Uint8Array.of(0xef, 0xbf, 0xbd, 0xef, 0xbf), message("ef", 3));
  refused(Uint8Array.of(0xef, 0xbf, 0x28), message("ef", 0));
  refused(Uint8Array.of(0xed, 0xa0, 0x80), message("ed", 0));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array(), (before, behind) => {
    const valid = encoder.encode(before);
    refused(Uint8Array.of(...valid, 0xff, ...behind), message("ff", valid.length));
  }));
});

Deno.test("a folder is no text", () => {
  using folder = temporaryFolder();
  throws(() => readText(folder.path()), /: expected a file but found a folder$/);
});

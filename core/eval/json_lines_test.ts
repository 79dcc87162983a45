import { deepEqual, rejects, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as v from "valibot";
import { digestFile } from "./digest.ts";
import { parseJsonLine, readJsonFile, readJsonLines, readLines } from "./json_lines.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

Deno.test("lines are those of the text, however the file's pieces fall, without a byte order mark", async () => {
  using folder = temporaryFolder();
  const path = folder.path("a.txt");
  const lines = ["é\u{1F40B}".repeat(40_000), "", "b\uFEFF", "ü".repeat(100_001)];
  for (const end of ["", "\n"]) {
    writeFileSync(path, `\uFEFF${lines.join("\n")}${end}`);
    deepEqual(await Array.fromAsync(readLines(path)), lines);
  }
  writeFileSync(path, "");
  deepEqual(await Array.fromAsync(readLines(path)), []);
});

Deno.test("a line that is not UTF-8 is named with its byte, and a folder is no file", async () => {
  using folder = temporaryFolder();
  const path = folder.path("a.jsonl");
  writeFileSync(path, Uint8Array.of(0x31, 0x0a, 0x22, 0xe9, 0x22, 0x0a));
  const message = `${path} line 2: expected text in UTF-8 but found the byte 0xe9 at offset 1`;
  const name = "EvaluationInputError";
  await rejects(Array.fromAsync(readJsonLines(path, v.unknown())), { name, message });
  await rejects(readJsonFile(path, v.unknown()), { name, message });
  const aFolder = { name, message: `${folder.path()}: expected a file but found a folder` };
  await rejects(readJsonFile(folder.path(), v.unknown()), aFolder);
  await rejects(digestFile(folder.path()), aFolder);
  await rejects(digestFile(path + "x"), { message: `${path}x: expected a file but found none` });
});

Deno.test("a line of another form is told by field, what is expected and what is there", () => {
  const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
  const schema = v.object({ length: count, names: v.array(v.string()) });
  const refuses = (line: unknown, message: string) =>
    throws(() => parseJsonLine(JSON.stringify(line), schema, "a line 1"), {
      message: `a line 1: expected ${message}`,
    });
  refuses({ length: 1.5, names: [] }, "length to be a whole number but found 1.5");
  refuses({ length: 0, names: [] }, "length to be at least 1 but found 0");
  refuses({ length: 1, names: [5] }, "names.0 to be a string but found 5");
  refuses({ length: 1 }, "names but found none");
});

import { throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { readHotpotQa, readSquad } from "./documents.ts";
import { readEssays } from "./haystack.ts";
import { readTemplates } from "./templates.ts";

Deno.test("material that is a folder, absent or not UTF-8 is told as what it is", () => {
  using folder = temporaryFolder();
  const path = folder.path("latin1.json");
  writeFileSync(path, Uint8Array.of(0x22, 0xe9, 0x22));
  const name = "EvaluationInputError";
  for (const read of [readEssays, readSquad, readHotpotQa, readTemplates]) {
    throws(() => read(folder.path()), {
      name,
      message: `${folder.path()}: expected a file but found a folder`,
    });
    throws(() => read(`${path}x`), { name, message: `${path}x: expected a file but found none` });
    throws(() => read(path), {
      name,
      message: `${path}: expected text in UTF-8 but found the byte 0xe9 at offset 1`,
    });
  }
});

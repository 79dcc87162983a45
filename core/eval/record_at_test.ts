import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { recordAt } from "./record_at.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

Deno.test("a record is told from no file, no JSON and JSON of something else", () => {
  using folder = temporaryFolder();
  const path = folder.path("a.json");
  equal(recordAt(path), undefined);
  for (const text of ["", "{", "null", "7", '{"version": 2}']) {
    writeFileSync(path, text);
    equal(recordAt(path), undefined, text);
  }
  writeFileSync(path, '{"version": 1, "samples": 3}');
  deepEqual(recordAt(path), { version: 1, samples: 3 });
  mkdirSync(folder.path("folder"));
  throws(() => recordAt(folder.path("folder")), { name: "EvaluationInputError" });
});

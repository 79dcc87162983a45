import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { recordAt } from "./record_at.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const RECORD = {
  version: 1,
  evaluation: "ruler",
  protocol: "nvidia",
  model: "tiny",
  policy: { name: "full" },
  config: { task: "vt" },
  digests: { weights: "ab" },
  scores: { nvidia: 50 },
  recall: null,
  samples: 3,
  cost: { promptTokens: 9, generatedTokens: 3, seconds: 1, rows: null, recall: null },
  trace: "a.trace",
  traceDigest: "cd",
};

Deno.test("a record is told from no file, no JSON and JSON of something else", () => {
  using folder = temporaryFolder();
  const path = folder.path("a.json");
  equal(recordAt(path), undefined);
  for (const text of ["", "{", "null", "7", '{"version": 2}']) {
    writeFileSync(path, text);
    equal(recordAt(path), undefined, text);
  }
  for (const name of Object.keys(RECORD)) {
    if (name === "traceDigest") continue;
    const { [name as keyof typeof RECORD]: _, ...rest } = RECORD;
    writeFileSync(path, JSON.stringify(rest));
    equal(recordAt(path), undefined, `without ${name}`);
  }
  writeFileSync(path, JSON.stringify(RECORD));
  deepEqual(recordAt(path), RECORD);
  mkdirSync(folder.path("folder"));
  throws(() => recordAt(folder.path("folder")), { name: "EvaluationInputError" });
});

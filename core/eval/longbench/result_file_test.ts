import { deepEqual, equal, throws } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { taskOfFile, writeResultFile } from "./result_file.ts";
import { LONGBENCH_E_TASK_NAMES, LONGBENCH_TASK_NAMES } from "./tasks.ts";

Deno.test("tasks are found in file names", () => {
  for (const task of LONGBENCH_TASK_NAMES) {
    equal(taskOfFile(`${task}.jsonl`), task);
    equal(taskOfFile(`${task}-512.jsonl`), task);
  }
  equal(LONGBENCH_TASK_NAMES.length, 16);
  equal(LONGBENCH_E_TASK_NAMES.length, 13);
  throws(() => taskOfFile("dureader-512.jsonl"), /expected the name of a LongBench task/);
});

Deno.test("what was scored last of a file is what its result is of", async () => {
  using folder = temporaryFolder();
  const line = (pred: string) =>
    `${JSON.stringify({ pred, answers: ["Paris"], all_classes: null, length: 1 })}\n`;
  writeFileSync(folder.path("hotpotqa-64.jsonl"), line("Paris") + line("Rome"));
  writeFileSync(folder.path("qasper-64.jsonl"), line("Paris") + line("Rome"));
  writeFileSync(folder.path("hotpotqa-64.json"), JSON.stringify({ samples: 1 }));
  const scores = { "hotpotqa-64.jsonl": 100, "qasper-64.jsonl": 50 };
  deepEqual(await writeResultFile(folder.path()), scores);
  deepEqual(JSON.parse(readFileSync(folder.path("result.json"), "utf8")), scores);
});

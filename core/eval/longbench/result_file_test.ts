import { deepEqual, equal, rejects } from "node:assert/strict";
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
  equal(taskOfFile("dureader-512.jsonl"), undefined);
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

Deno.test("files of other names, without a finished sample or cut within a line stop no scoring", async () => {
  using folder = temporaryFolder();
  const line = (pred: string) =>
    `${JSON.stringify({ pred, answers: ["Paris"], all_classes: null, length: 1 })}\n`;
  const cost = { promptTokens: 1, generatedTokens: 1, seconds: 0, rows: null, recall: null };
  const progress = { sample: "0", resultBytes: line("Rome").length, ...cost };
  writeFileSync(folder.path("hotpotqa-64.jsonl"), line("Paris"));
  writeFileSync(folder.path("notes.jsonl"), "no JSON\n");
  writeFileSync(folder.path("qasper-64.jsonl"), "");
  writeFileSync(folder.path("musique-64.jsonl"), line("Rome") + line("Paris").slice(0, 20));
  writeFileSync(folder.path("musique-64.progress"), `{}\n${JSON.stringify(progress)}\n`);
  const scores = { "hotpotqa-64.jsonl": 100, "musique-64.jsonl": 0 };
  deepEqual(await writeResultFile(folder.path()), scores);
});

Deno.test("a malformed prediction file is named", async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.path("trec-64.jsonl"), "no JSON\n");
  await rejects(writeResultFile(folder.path()), /trec-64\.jsonl line 1: expected JSON/);
});

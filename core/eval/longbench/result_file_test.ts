import { equal, throws } from "node:assert/strict";
import { taskOfFile } from "./result_file.ts";
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

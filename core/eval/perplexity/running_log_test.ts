import { throws } from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { RunningLog } from "./running_log.ts";

Deno.test("a log that cannot be opened is refused in words", () => {
  using folder = temporaryFolder();
  const path = folder.path("log.txt");
  mkdirSync(`${path}.partial`);
  using log = new RunningLog(path);
  throws(() => log.add(1), {
    name: "EvaluationInputError",
    message: `${path}: expected a file that can be written but found a folder`,
  });
});

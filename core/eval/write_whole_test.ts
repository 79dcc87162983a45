import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { temporaryFolder } from "./testing/temporary_folder.ts";
import { writeWhole } from "./write_whole.ts";

Deno.test("a file is written with its folders, and one that cannot be leaves nothing", () => {
  using folder = temporaryFolder();
  writeWhole(folder.path("a", "b.txt"), "one\n");
  writeWhole(folder.path("a", "b.txt"), "two\n");
  equal(readFileSync(folder.path("a", "b.txt"), "utf8"), "two\n");
  mkdirSync(folder.path("a", "c.txt"));
  throws(() => writeWhole(folder.path("a", "c.txt"), "three\n"), {
    name: "EvaluationInputError",
    message: `${folder.path("a", "c.txt")}: expected a file that can be written but found a folder`,
  });
  deepEqual(readdirSync(folder.path("a")).sort(), ["b.txt", "c.txt"]);
});

import { deepEqual, equal, throws } from "node:assert/strict";
import { OutputFile, writeFile } from "./output_file.ts";
import { filesIn, inFolder } from "./testing.ts";

Deno.test(
  "a file that is not completed leaves what was there",
  inFolder(async (folder) => {
    const path = `${folder}/a`;
    await Deno.writeTextFile(path, "earlier");
    throws(() => {
      using file = OutputFile.open("--output", path);
      file.write("later");
      throw new Error("stop");
    }, { message: "stop" });
    equal(Deno.readTextFileSync(path), "earlier");
    deepEqual(filesIn(folder), ["a"]);
  }),
);

Deno.test({
  name: "a link is followed, and what is no regular file is written, not replaced",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    await Deno.symlink(`${folder}/target`, `${folder}/link`);
    await Deno.writeTextFile(`${folder}/target`, "earlier");
    writeFile("--output", `${folder}/link`, "later");
    equal(Deno.readTextFileSync(`${folder}/target`), "later");
    equal(Deno.lstatSync(`${folder}/link`).isSymlink, true);
    writeFile("--output", "/dev/null", "gone");
    equal(Deno.lstatSync("/dev/null").isCharDevice, true);
  }),
});

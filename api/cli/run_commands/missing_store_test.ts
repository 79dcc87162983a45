import { deepEqual, match } from "node:assert/strict";
import { filesIn, inFolder, kvpim } from "../testing.ts";

Deno.test(
  "a store that is not there is told by all who read it, and not made",
  inFolder(async (folder) => {
    const commands = [["list"], ["show", "0"], ["verify", "0"], ["compare", "0"], [
      "export",
      "0",
      folder,
    ]];
    for (const args of commands) {
      const { code, out, err } = await kvpim([
        "run",
        ...args,
        "--store",
        `${folder}/typo`,
        "--no-cache",
      ]);
      deepEqual([code, out], [2, ""]);
      match(err, /^kvpim: expected a store of runs at .*typo.runs\.sqlite but found none\n$/);
    }
    deepEqual(filesIn(folder), []);
  }),
);

import { deepEqual } from "node:assert/strict";
import { filesIn, inFolder, kvpim } from "./testing.ts";

Deno.test(
  "an empty path is refused by name, whichever command it is given to, before anything is made",
  inFolder(async (folder) => {
    const refuses = async (args: string[], line: string) => {
      const outcome = await kvpim(args, { env: { KVPIM_CACHE: `${folder}/cache` } });
      deepEqual(outcome, { code: 2, out: "", err: `kvpim: ${line}\n` });
    };
    const output = ["--output", `${folder}/out`];
    await refuses(["compare", "--cache", "", ...output], '--cache: expected a folder but found ""');
    await refuses(["compare", "--output="], '--output: expected a folder but found ""');
    await refuses(["simulate", "--trace", "", ...output], '--trace: expected a file but found ""');
    await refuses(
      ["simulate", "--memory", "", ...output],
      '--memory: expected a name or path but found ""',
    );
    await refuses(
      ["eval", "ppl", "--calibration", "", ...output],
      '--calibration: expected a file but found ""',
    );
    await refuses(
      ["generate", "--prompt", "a", "--trace", ""],
      '--trace: expected a file but found ""',
    );
    await refuses(["dram", "--cmdlog", ""], '--cmdlog: expected a file but found ""');
    await refuses(
      ["run", "list", "--store", ""],
      '--store: expected a folder but found ""',
    );
    await refuses(["budget-table", ""], '<trace>: expected a trace but found ""');
    await refuses(["plugin", "build", ""], '<folder>: expected a folder but found ""');
    deepEqual(filesIn(folder), []);
  }),
);

import { deepEqual, equal, match } from "node:assert/strict";
import { filesIn, inFolder } from "../testing.ts";
import { DoneRuns } from "./testing.ts";

Deno.test(
  "an export is whole, and does not mix with another run's",
  inFolder(async (folder) => {
    const runs = await DoneRuns.make(folder, 2);
    const [first, second] = runs.ids as [string, string];
    const to = `${folder}/out`;
    equal((await runs.command("export", first, to)).code, 0);
    equal((await runs.command("export", first, to)).code, 0);
    const { code, err } = await runs.command("export", second, to);
    equal(code, 2);
    match(
      err,
      /^kvpim: export: expected .*provenance\.json to be of \w{12} or .* found that of \w{12}\n$/,
    );
    const provenance = JSON.parse(await Deno.readTextFile(`${to}/provenance.json`));
    equal(provenance.id, first);
    await Deno.mkdir(`${folder}/other/steps.csv`, { recursive: true });
    equal((await runs.command("export", second, `${folder}/other`)).code, 2);
    deepEqual(filesIn(`${folder}/other`), ["steps.csv"]);
  }),
);

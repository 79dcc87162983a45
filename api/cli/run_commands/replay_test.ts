import { deepEqual, equal, match } from "node:assert/strict";
import { inFolder } from "../testing.ts";
import { DoneRuns } from "./testing.ts";

Deno.test(
  "a replay confirms no id and no size that its run does not have",
  inFolder(async (folder) => {
    const runs = await DoneRuns.make(folder);
    await runs.command("export", runs.ids[0]!, `${folder}/out`);
    const whole = JSON.parse(await Deno.readTextFile(`${folder}/out/provenance.json`));
    const replayed = async (changes: object) => {
      const file = `${folder}/changed.json`;
      await Deno.writeTextFile(file, JSON.stringify({ ...whole, ...changes }));
      return await runs.command("replay", file);
    };
    const sized = (bytes: number) => ({
      outputs: { ...whole.outputs, "output.csv": { ...whole.outputs["output.csv"], bytes } },
    });
    equal((await replayed({})).code, 0);
    const named = await replayed({ id: "0".repeat(64) });
    deepEqual([named.code, named.out], [2, ""]);
    match(named.err, /\/id: expected [0-9a-f]{64}, the name of this run, but found 0{64}\n$/i);
    equal((await replayed(sized(-5.5))).code, 2);
    const longer = await replayed(sized(whole.outputs["output.csv"].bytes + 1));
    equal(longer.code, 1);
    match(longer.out, /^output\.csv: recorded \w{64} \(\d+ bytes\), found \w{64} \(\d+ bytes\)$/m);
  }),
);

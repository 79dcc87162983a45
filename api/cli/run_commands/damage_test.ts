import { deepEqual, equal, match } from "node:assert/strict";
import { dirname } from "node:path";
import { filesIn, inFolder } from "../testing.ts";
import { DoneRuns } from "./testing.ts";

/** Every command that reads the first run refuses in one line. */
async function refuse(runs: DoneRuns, line: RegExp) {
  const [id] = runs.ids as [string];
  for (const args of [["show", id], ["compare", id, id], ["export", id, `${runs.folder}/out`]]) {
    const { code, out, err } = await runs.command(...args as [string]);
    match(err, line, args[0]);
    equal(err.split("\n").length, 2);
    deepEqual([code, out], [2, ""], args[0]);
  }
  equal(filesIn(runs.folder).includes("out"), false);
}

Deno.test(
  "content that is lost or damaged is told by all who read it, and made again when it is asked for",
  inFolder(async (folder) => {
    const runs = await DoneRuns.make(folder);
    const [id] = runs.ids as [string];
    const blob = runs.blob("output.json");
    const whole = await Deno.readTextFile(blob);
    const damages = [
      [() => Deno.remove(blob), /^kvpim: expected output\.json of run [0-9a-f]{64} at .* none\n$/],
      [
        () => Deno.writeTextFile(blob, "{"),
        /^kvpim: expected the content of .* damaged file: .*\n$/,
      ],
    ] as const;
    for (const [damage, line] of damages) {
      await damage();
      await refuse(runs, line);
      const verified = await runs.command("verify", id);
      equal(verified.code, 1);
      match(verified.out, /^output\.json: same; its content in the store is gone or damaged$/m);
      match(
        verified.err,
        /^kvpim: .* came out as recorded, but the store lost output\.json: .*\n$/,
      );
      const { out } = await runs.command("submit", `${folder}/0.json`);
      match(out, new RegExp(`^${id} is done\n`));
      equal(await Deno.readTextFile(blob), whole);
      equal((await runs.command("verify", id)).code, 0);
    }
    const { out } = await runs.command("submit", `${folder}/0.json`);
    match(out, new RegExp(`^${id} was done before\n`));
  }),
);

Deno.test(
  "rows that are lost or damaged are told in one line that names the file",
  inFolder(async (folder) => {
    const runs = await DoneRuns.make(folder);
    runs.change("CREATE TABLE kept AS SELECT * FROM output");
    const damages: readonly [damage: string, mend: string][] = [
      ["DELETE FROM output", "INSERT INTO output SELECT * FROM kept"],
      ["UPDATE output SET digest = '../x'", "INSERT OR REPLACE INTO output SELECT * FROM kept"],
      ["UPDATE run SET spec = '{' || spec", "UPDATE run SET spec = substr(spec, 2)"],
      ["UPDATE run SET spec = replace(spec, '64', '65')", ""],
    ];
    for (const [damage, mend] of damages) {
      runs.change(damage);
      await refuse(runs, /^kvpim: expected .* (in|of) .*\/store\/\S+ but found .*\n$/);
      if (mend) runs.change(mend);
    }
    for (const args of [["list"], ["submit", `${folder}/0.json`]]) {
      const { code, err } = await runs.command(...args as [string]);
      match(err, /^kvpim: expected the spec .* in .*\/runs\.sqlite but found others\n$/);
      equal(code, 2);
    }
  }),
);

Deno.test(
  "tables that are lost, and a version that is, are told in one line that names the file",
  inFolder(async (folder) => {
    const runs = await DoneRuns.make(folder);
    const listed = async (words: string) => {
      const { code, err } = await runs.command("list");
      match(
        err,
        new RegExp(`^kvpim: expected a store of runs at .*runs.sqlite but found: ${words}\n$`),
      );
      equal(code, 2);
    };
    runs.change("PRAGMA user_version = 0");
    await listed('tables of no version, such as "run"');
    runs.change("PRAGMA user_version = 2; DROP TABLE event");
    await listed("no such table: event");
  }),
);

Deno.test(
  "what keeps content from being kept is told in one line that names the path",
  inFolder(async (folder) => {
    const runs = await DoneRuns.make(folder);
    const blob = runs.blob("output.csv");
    await Deno.remove(blob);
    await Deno.mkdir(blob);
    const blocked = await runs.command("submit", `${folder}/0.json`);
    deepEqual([blocked.code, blocked.out], [2, ""]);
    equal(
      blocked.err,
      `kvpim: expected content that can be read but found ${blob}: it is a folder\n`,
    );
    await Deno.remove(`${runs.store}/blobs`, { recursive: true });
    await Deno.mkdir(`${runs.store}/blobs`);
    const inTheWay = dirname(blob);
    await Deno.writeTextFile(inTheWay, "");
    const unkept = await runs.command("submit", `${folder}/0.json`);
    deepEqual([unkept.code, unkept.out], [2, ""]);
    equal(unkept.err, `kvpim: ${inTheWay}: expected a folder that can be made but found a file\n`);
    await Deno.remove(`${runs.store}/blobs`, { recursive: true });
    await Deno.writeTextFile(`${runs.store}/blobs`, "");
    const { code, err } = await runs.command("submit", `${folder}/0.json`);
    equal(code, 2);
    equal(err, `kvpim: expected a folder of content at ${runs.store}/blobs but found a file\n`);
  }),
);

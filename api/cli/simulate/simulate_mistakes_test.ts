import { deepEqual, equal, match } from "node:assert/strict";
import { filesIn, inFolder, kvpim } from "../testing.ts";

async function refuses(args: string[], message: RegExp, env: Record<string, string> = {}) {
  const { code, out, err } = await kvpim(["simulate", ...args], { env });
  deepEqual([code, out], [2, ""], err);
  match(err, message);
  equal(err.split("\n").length, 2, `one line: ${err}`);
}

Deno.test("unknown names are refused, the nearest is suggested", async () => {
  await refuses(
    ["--model", "Mistral7B"],
    /^kvpim: --model: expected one of .* mean Mistral-7B\?$/m,
  );
  await refuses(["--system", "dgx-pim"], /^kvpim: --system: expected one of dgx, dgx-cpu, dgx-att/);
  await refuses(["--gpu", "B200"], /^kvpim: --gpu: expected one of A100a, H100 but found "B200"/);
  await refuses(["--ffotp"], /^kvpim: unknown option '--ffotp'; did you mean --ffopt\?$/m);
  await refuses(
    ["--profile", "paper"],
    /^kvpim: --profile: expected one of artifact, attacc, corrected but/,
  );
  await refuses(["extra"], /^kvpim: too many arguments for 'simulate'/);
});

Deno.test("negative and absurd sizes are refused", async () => {
  await refuses(["--lin", "-5"], /^kvpim: expected --lin to be a whole number from 1 to \d+ but/);
  await refuses(["--batch", "0"], /^kvpim: expected --batch to be a whole number from 1 to/);
  await refuses(["--batch", "1e9"], /^kvpim: --batch: expected a whole number but found "1e9"$/m);
  await refuses(
    ["--ngpu", "999999"],
    /^kvpim: expected --ngpu to be a whole number from 1 to 1024/,
  );
  await refuses(["--lout", "99999999999999999999"], /^kvpim: expected --lout to be a whole number/);
  await refuses(
    ["--lout", "1"],
    /^kvpim: expected --lout to be at least 2 but found 1: nothing is/,
  );
  await refuses(["--word", "3"], /^kvpim: expected --word to be 2 \(W16A16\) or 1 \(W8A8\) but fo/);
  await refuses(
    ["--sparsity", "--kv_budget", "-1"],
    /^kvpim: expected --kv_budget to be a whole number from 1/,
  );
});

Deno.test("unknown switches and values are refused", async () => {
  await refuses(
    ["--switch", "odd-tale=once"],
    /^kvpim: expected --switch to name one of .*odd-tale/,
  );
  await refuses(
    ["--switch", "odd-tail=no"],
    /^kvpim: expected --switch odd-tail to be once or per/,
  );
  await refuses(["--switch", "odd-tail"], /^kvpim: --switch: expected NAME=VALUE but found "odd-t/);
});

Deno.test(
  "a table of budgets that is missing, empty or holds no number is named with its line",
  inFolder(async (folder) => {
    const table = `${folder}/kv.txt`;
    const args = ["--sparsity", "--kv_budget_table", table, "--output", `${folder}/out.csv`];
    await refuses(args, /^kvpim: --kv_budget_table: expected a table .*kv\.txt: .*no such file/);
    Deno.writeTextFileSync(table, "");
    await refuses(args, /^kvpim: expected .*kv\.txt to hold at least one budget but found none$/m);
    Deno.writeTextFileSync(table, "1024\n1024\nmany\n");
    await refuses(args, /^kvpim: .*kv\.txt line 3: expected a whole number of tokens .*"many"$/m);
    await refuses(
      ["--compare", "--method", `STARC=${table}`],
      /^kvpim: .*kv\.txt line 3: expected a whole number of tokens .*"many"$/m,
    );
    await refuses(
      ["--sparsity", "--kv_budget_dict", "1,x"],
      /^kvpim: --kv_budget_dict entry 2: expected a whole number of tokens but found "x"$/m,
    );
    deepEqual(filesIn(folder), ["kv.txt"]);
  }),
);

Deno.test("methods are refused where they say nothing or too much", async () => {
  await refuses(["--compare"], /^kvpim: --compare: expected at least one --method beside it/);
  await refuses(["--method", "a=full"], /^kvpim: --method: expected --compare beside it but/);
  await refuses(["--chart", "a.svg"], /^kvpim: --chart: expected --compare beside it but found/);
  await refuses(["--compare", "--method", "STARC"], /^kvpim: --method: expected NAME=full, NAME=T/);
  await refuses(
    ["--compare", "--method", "Q=0"],
    /^kvpim: --method Q: expected a whole number fro/,
  );
  await refuses(["--compare", "--method", "Q=1,0"], /^kvpim: --method Q entry 2: expected a whole/);
  await refuses(["--compare", "--method", "Q=nope"], /^kvpim: --method Q: expected a table of bud/);
  await refuses(
    ["--compare", "--method", "Q=1", "--method", "Q=2"],
    /^kvpim: --method: expected each method once but found Q twice$/m,
  );
  await refuses(["--compare", "--sparsity"], /^kvpim: option '--compare' cannot be used with/);
});

Deno.test(
  "an output that cannot be written is refused before anything is simulated",
  inFolder(async (folder) => {
    await refuses(["--output", `${folder}/no/a.csv`], /^kvpim: --output: expected a file that can/);
    await refuses(["--output", folder], /^kvpim: --output: expected .*: it is a folder$/m);
    await refuses(
      ["--output", folder, "--append"],
      /^kvpim: --append: expected a result but found/,
    );
    await refuses(
      ["--compare", "--method", "a=full", "--output", `${folder}/a.csv`, "--chart", folder],
      /^kvpim: --chart: expected a file that can be written but found .*: it is a folder$/m,
    );
    deepEqual(filesIn(folder), []);
  }),
);

Deno.test(
  "an output that is read, or written to otherwise, is refused",
  inFolder(async (folder) => {
    const [a, b] = [`${folder}/a.csv`, `${folder}/./a.csv`];
    const found = /expected another file than (.*) names but found .*a\.csv$/m;
    const names = async (args: string[], option: string, other: string) => {
      await refuses(args, new RegExp(`^kvpim: ${option}: ${found.source}`, "m"));
      const { err } = await kvpim(["simulate", ...args]);
      equal(found.exec(err)![1]!.replace(b, "a.csv"), other);
    };
    Deno.writeTextFileSync(a, "budget\n1024\n");
    const output = ["--output", a];
    await names(["--sparsity", "--kv_budget_table", b, ...output], "--output", "--kv_budget_table");
    await names(["--trace", b, ...output], "--output", "--trace");
    await names(["--trace", b, ...output, "--append"], "--output", "--trace");
    await names(["--rows", "scattered", "--blocks", b, ...output], "--output", "--blocks");
    await names(["--memory", b, ...output], "--output", "--memory");
    const compare = ["--compare", "--method", `Q=${b}`];
    await names([...compare, ...output], "--output", "--method Q=a.csv");
    await names([...compare, "--json", "--chart", a], "--chart", "--method Q=a.csv");
    equal(Deno.readTextFileSync(a), "budget\n1024\n");
    await refuses(
      ["--compare", "--method", "Q=16", "--output", `${folder}/new.svg`],
      /^kvpim: --chart: expected another file than --output names but found .*new\.svg$/m,
    );
    deepEqual(filesIn(folder), ["a.csv"]);
  }),
);

Deno.test(
  "a corrupt cache and a folder that is none are named, and left as they are",
  inFolder(async (folder) => {
    const cache = `${folder}/results.sqlite`;
    const corrupt = "no database at all, ".repeat(100);
    Deno.writeTextFileSync(cache, corrupt);
    const output = ["--output", `${folder}/out.csv`];
    const message = /^kvpim: --cache: expected a store of results at .*results\.sqlite but found: /;
    await refuses(output, message, { KVPIM_CACHE: folder });
    equal(Deno.readTextFileSync(cache), corrupt);
    await refuses(output, message, { KVPIM_CACHE: `${cache}/folder` });
    deepEqual(filesIn(folder), ["results.sqlite"]);
  }),
);

Deno.test("full attention's name is its own", async () => {
  await refuses(
    ["--compare", "--method", "full=5"],
    /^kvpim: --method: expected full to be full attention, .* but found 5$/m,
  );
  await refuses(
    ["--compare", "--method", "dense=full", "--method", "full=64"],
    /^kvpim: --method: expected full to be full attention, .* but found 64$/m,
  );
});

Deno.test({
  name: "a table without an end is refused, and nothing is added to a device",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await refuses(
      ["--sparsity", "--kv_budget_table", "/dev/zero"],
      /^kvpim: --kv_budget_table: .*\/dev\/zero: it holds more than \d+ bytes$/m,
    );
    await refuses(
      ["--lout", "2", "--append", "--output", "/dev/full"],
      /\/dev\/full: no space left/,
    );
    await refuses(
      ["--lout", "2", "--append", "--output", "/dev/full/x.csv"],
      /^kvpim: --output: expected a file that can be written but .*: a file is on the way to it$/m,
    );
  },
});

Deno.test({
  name: "a picture that cannot be written leaves the table as it was",
  ignore: Deno.build.os !== "linux",
  fn: inFolder(async (folder) => {
    const output = `${folder}/kept.csv`;
    Deno.writeTextFileSync(output, "precious");
    const args = "--lin 64 --lout 2 --compare --method a=16 --chart /dev/full --output".split(" ");
    await refuses([...args, output], /^kvpim: --chart: .*\/dev\/full: no space left/);
    equal(Deno.readTextFileSync(output), "precious");
    deepEqual(filesIn(folder), ["kept.csv"]);
  }),
});

Deno.test({
  name: "a cache that may only be read is named",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: inFolder(async (folder) => {
    Deno.chmodSync(folder, 0o500);
    try {
      await refuses([], /^kvpim: --cache: expected a store of results at /, {
        KVPIM_CACHE: folder,
      });
    } finally {
      Deno.chmodSync(folder, 0o700);
    }
  }),
});

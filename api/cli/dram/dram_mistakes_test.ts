import { deepEqual, equal, match } from "node:assert/strict";
import { filesIn, inFolder, kvpim } from "../testing.ts";

async function refuses(args: string[], message: RegExp, input?: string) {
  const { code, out, err } = await kvpim(["dram", ...args], input === undefined ? {} : { input });
  deepEqual([code, out], [2, ""]);
  match(err, message);
  equal(err.split("\n").length, 2, `one line: ${err}`);
}

Deno.test("sizes must be whole numbers in range", async () => {
  for (const value of ["-4", "0", "1.5", "abc", "", "1e3", "99999999999"]) {
    await refuses(["--seqlen", value], /^kvpim: --seqlen: expected a whole number from 1 to 16777/);
  }
  await refuses(["--dbyte", "4"], /^kvpim: --dbyte: expected a whole number from 1 to 2 but/);
  await refuses(["--sparsity_ratio", "2"], /^kvpim: --sparsity_ratio: expected a number above 0/);
});

Deno.test("what is given and of no use is told, as is a context that has too little room", async () => {
  const run = (...args: string[]) => kvpim(["dram", "--seqlen", "64", "--nhead", "2", ...args]);
  const plain = await run();
  for (const idle of ["--kv_budget 16", "--sparsity_ratio 0.5", "--row_size 4", "--add_cluster"]) {
    const { out, err } = await run(...idle.split(" "));
    equal(out, plain.out);
    match(
      err,
      new RegExp(`^note: ${idle.split(" ")[0]} changes nothing without --sparsity\\.$`, "m"),
    );
  }
  match((await run("--channel", "3")).err, /^note: --channel changes nothing without --cmdlog\.$/m);
  match((await run("--maxlen", "10")).err, /^note: A head's keys have room for 10 tokens .* 64: /m);
  equal(/note/.test(plain.err), false, plain.err);
});

Deno.test({
  name: "a table without an end is refused",
  ignore: Deno.build.os === "windows",
  fn: () => refuses(["--jobs", "/dev/zero"], /\/dev\/zero: it holds more than \d+ bytes$/m),
});

Deno.test("names must be known ones", async () => {
  await refuses(["--pim", "bufer"], /^kvpim: --pim: expected one of bank, .*mean buffer\?$/m);
  await refuses(["--seqlne", "4"], /^kvpim: unknown option '--seqlne'; did you mean --seqlen\?$/m);
  await refuses(["--trace", "-", "--timing", "DDR4"], /^kvpim: --timing: expected one of HBM3_4.8/);
});

Deno.test("options that contradict each other are refused", async () => {
  await refuses(["--trace", "-", "--nhead", "3"], /^kvpim: option '--trace <file>' cannot be used/);
  await refuses(["--jobs", "a.csv", "--sparsity"], /^kvpim: option '--jobs <file>' cannot be used/);
  await refuses(["--output", "a.csv"], /^kvpim: --output: expected --jobs beside it/);
  await refuses(["--channels", "2"], /^kvpim: --channels: expected --trace beside it/);
  await refuses(
    ["--pim", "bg", "--sparsity", "--add_cluster"],
    /^kvpim: --add_cluster: expected --pim bank, .* but found --pim bg$/m,
  );
});

Deno.test(
  "a malformed trace line is named, and no log is left",
  inFolder(async (folder) => {
    const log = ["--cmdlog", `${folder}/log`];
    const bad = "PIM_MAC_AB 0x0\nPIM_MAC_AB zero\n";
    await refuses(
      ["--trace", "-", ...log],
      /^kvpim: standard input line 2: expected a request such as .* found "PIM_MAC_AB zero"$/m,
      bad,
    );
    const later = "PIM_MAC_AB 0x0\n".repeat(20_000) + "\nPIM_MAC_AB 0x0\n";
    await refuses(
      ["--trace", "-", ...log],
      /^kvpim: standard input line 20001: .* found ""$/m,
      later,
    );
    await refuses(["--trace", "-", ...log], /line 1: .* more than 65536 char/, "x".repeat(200_000));
    await refuses(
      ["--trace", "-", ...log],
      /^kvpim: standard input: expected at least one req/,
      "",
    );
    await refuses(
      ["--trace", "-", ...log, "--channel", "16"],
      /^kvpim: --channel: expected a ch/,
      bad,
    );
    deepEqual(filesIn(folder), []);
  }),
);

Deno.test(
  "an output that is read, or written to otherwise, is refused",
  inFolder(async (folder) => {
    const [a, b] = [`${folder}/a`, `${folder}/./a`];
    Deno.writeTextFileSync(a, "L\n3\n");
    await refuses(
      ["--trace", a, "--cmdlog", b],
      /^kvpim: --cmdlog: expected another file than --trace names but found .*\/a$/m,
    );
    await refuses(["--jobs", a, "--output", b], /^kvpim: --output: .* than --jobs names but found/);
    await refuses(
      ["--memory", a, "--write-trace", b],
      /^kvpim: --write-trace: .* than --memory names but found/,
    );
    const both = ["--cmdlog", `${folder}/new`, "--write-trace", `${folder}/./new`];
    await refuses(both, /^kvpim: --write-trace: .* than --cmdlog names but found/);
    equal(Deno.readTextFileSync(a), "L\n3\n");
    deepEqual(filesIn(folder), ["a"]);
  }),
);

Deno.test(
  "a trace that cannot be read is named",
  inFolder(async (folder) => {
    await refuses(
      ["--trace", `${folder}/none`],
      /^kvpim: --trace: expected .*none: .*no such file/,
    );
    Deno.writeFileSync(`${folder}/a.gz`, new Uint8Array([0x1f, 0x8b, 8, 0, 0]));
    await refuses(
      ["--trace", `${folder}/a.gz`],
      /^kvpim: --trace: .*a\.gz: unexpected end of file/,
    );
    await refuses(["--trace", folder], /^kvpim: --trace: expected a text trace, .* but found /);
  }),
);

Deno.test(
  "a wrong field of a table is named by line and column, and nothing is written",
  inFolder(async (folder) => {
    const jobs = `${folder}/jobs.csv`;
    const table = async (text: string, message: RegExp) => {
      Deno.writeTextFileSync(jobs, text);
      await refuses(["--jobs", jobs, "--output", `${folder}/out.csv`], message);
    };
    await table("L,nhead\n3,4\n5,x\n", /jobs\.csv line 3: column nhead: expected a whole number/);
    await table('L,note\n3,"two\nlines"\n-5,x\n', /jobs\.csv line 4: column L: expected a whole/);
    await table("nhead\n3\n", /jobs\.csv line 1: expected a column L \(tokens\) but found "nhead"/);
    await table("L,L\n3,3\n", /jobs\.csv line 1: expected each column once but found L twice/);
    await table("L,nhead\n3\n", /jobs\.csv line 2: expected 2 fields as in line 1 but found 1/);
    await table("L,flags\n3,--kv_bugdet 3\n", /line 2: column flags: unknown option '--kv_bugdet'/);
    await table("L,flags\n3,--help\n", /line 2: column flags: unknown option '--help'/);
    await table("L,generator\n3,gpu\n", /line 2: column generator: expected a generator such as/);
    await table("L,nhead\n,3\n", /line 2: column L: expected a number of tokens, found none$/m);
    const flags = (row: string) => `L,flags,nhead,kv_budget,sparsity,add_cluster\n${row}\n`;
    const agree = (what: string) =>
      new RegExp(`line 2: column flags: expected what the other columns say of ${what}$`, "m");
    await table(flags("64,--sparsity,,16,,"), agree("kv_budget \\(16\\) but found 1024"));
    await table(flags("64,--seqlen 9,,,,"), agree("seqlen \\(64\\) but found 9"));
    await table(flags("64,--nhead 3,5,,,"), agree("nhead \\(5\\) but found 3"));
    await table(flags("64,--kv_budget 9,,,budget,"), agree("sparsity \\(true\\) but found false"));
    await table(
      flags("64,--sparsity --kv_budget 16,,16,budget,1"),
      agree("add_cluster \\(true\\) but found false"),
    );
    await table("L\n", /jobs\.csv: expected a row below the header/);
    await table("", /jobs\.csv line 1: expected a column L/);
    await table('L,note\n3,"open\n', /jobs\.csv: expected a CSV table but found: Quote Not Closed/);
    deepEqual(filesIn(folder), ["jobs.csv"]);
  }),
);

Deno.test(
  "an output that cannot be written is refused before anything is simulated",
  inFolder(async (folder) => {
    const jobs = `${folder}/jobs.csv`;
    Deno.writeTextFileSync(jobs, "L\n3\n");
    await refuses(
      ["--jobs", jobs, "--output", `${folder}/no/out.csv`],
      /^kvpim: --output: .*no such/,
    );
    await refuses(["--jobs", jobs, "--output", folder], /^kvpim: --output: .*: it is a folder$/m);
    await refuses(
      ["--write-trace", `${folder}/no/a`],
      /^kvpim: --write-trace: expected a file that/,
    );
    deepEqual(filesIn(folder), ["jobs.csv"]);
  }),
);

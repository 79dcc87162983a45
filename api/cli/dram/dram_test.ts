import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gunzipSync, gzipSync } from "node:zlib";
import { sharedPath, sharedRows, sharedTest } from "../../../core/testing/shared_material.ts";
import { filesIn, inFolder, kvpim } from "../testing.ts";

const read = (path: string) => Deno.readTextFileSync(path);
const unzipped = (path: string) => gunzipSync(Deno.readFileSync(path)).toString();

const FACT = ["dram", "--seqlen", "16", "--nhead", "1", "--powerlimit"];

Deno.test("a program comes to the cycles and counters of the reference", async () => {
  const { code, out, err } = await kvpim([...FACT, "--json"]);
  deepEqual([code, err], [0, ""]);
  const { cycles, counts, clock_ps } = JSON.parse(out);
  deepEqual([cycles, clock_ps], [115, 769]);
  deepEqual(counts, {
    PIM_MAC_AB: 4,
    PIM_SFM: 1,
    PIM_MV_GB: 8,
    PIM_MV_SB: 24,
    PIM_WR_GB: 8,
  });
});

Deno.test("the summary says what ran, how long and how many", async () => {
  const { out } = await kvpim(FACT);
  match(out, /^starc, PIM at the bank: 16 tokens, 1 heads of 128 elements/);
  match(out, /^cycles +115$/m);
  match(out, /^time +0\.088 +µs at 0\.769 ns a cycle$/m);
});

Deno.test("AttAcc's shipped ramulator.out comes from the schedule of its first commit", async () => {
  const size = ["dram", "--seqlen", "2049", "--nhead", "3", "--powerlimit", "--json"];
  const figures = async (generator: string) => {
    const { cycles, counts } = JSON.parse((await kvpim([...size, "--generator", generator])).out);
    return [cycles, counts.PIM_SFM, counts.PIM_MV_GB];
  };
  deepEqual(await figures("attacc-initial"), [4892, 30, 2160]);
  deepEqual(await figures("attacc"), [3930, 3, 216]);
});

Deno.test("options have the defaults of the generators", async () => {
  const { out } = await kvpim(["dram", "--sparsity", "--json"]);
  match(
    JSON.parse(out).title,
    /^starc, .* 2048 tokens, 1024 kept, 64 heads of 128 elements of 2 B/,
  );
});

Deno.test(
  "a program written as text runs to the same result as the program",
  inFolder(async (folder) => {
    const trace = `${folder}/a.trace.gz`;
    const program = ["dram", "--generator", "attacc", "--pim", "BG", "--seqlen", "100", "--nhead"];
    const direct = await kvpim([...program, "17", "--stats", "--write-trace", trace]);
    const fromText = await kvpim(["dram", "--trace", trace, "--stats"]);
    equal(fromText.out, direct.out);
    const input = unzipped(trace);
    equal((await kvpim(["dram", "--trace", "-", "--stats"], { input })).out, direct.out);
  }),
);

Deno.test(
  "the command log of a program and of its text are the same",
  inFolder(async (folder) => {
    const [log, again, trace] = ["a.log", "b.log", "a.trace"].map((name) => `${folder}/${name}`);
    await kvpim([...FACT, "--cmdlog", log!, "--write-trace", trace!]);
    await kvpim(["dram", "--trace", trace!, "--powerlimit", "--cmdlog", again!]);
    const [first, second, third] = read(log!).split("\n");
    deepEqual([first, second, third], [
      "1, WRGB, 0, 0, 0, 0, 0, 0, 0",
      "1, ACTAB, 0, 0, 0, 0, 0, 0, 0",
      "5, WRGB, 0, 0, 0, 0, 0, 0, 0",
    ]);
    equal(read(again!), read(log!));
    deepEqual(filesIn(folder), ["a.log", "a.trace", "b.log"]);
  }),
);

Deno.test(
  "gzip of several members, Windows line ends and a missing last line end are read",
  inFolder(async (folder) => {
    const path = `${folder}/a.trace`;
    const parts = ["PIM_MAC_AB 0x0\r\nPIM_M", "AC_AB 0x20\r\nPIM_MAC_AB 64"];
    Deno.writeFileSync(path, Buffer.concat(parts.map((part) => gzipSync(part))));
    const { out, err } = await kvpim(["dram", "--trace", path, "--json"]);
    equal(err, "");
    equal(JSON.parse(out).counts.PIM_MAC_AB, 3);
  }),
);

Deno.test("a trace runs in the organisation and timing that are chosen", async () => {
  const input = "LD 0x0\n";
  const cyclesAt = async (...options: string[]) =>
    JSON.parse((await kvpim(["dram", "--trace", "-", "--json", ...options], { input })).out);
  equal((await cyclesAt("--timing", "HBM3_6.4Gbps", "--channels", "1")).clock_ps, 625);
  equal((await cyclesAt("--organisation", "HBM3_8Gb_2R")).clock_ps, 769);
});

Deno.test(
  "results are added to a table of programs, everything else stays",
  inFolder(async (folder) => {
    const [jobs, output] = [`${folder}/jobs.csv`, `${folder}/out.csv`];
    Deno.writeTextFileSync(
      jobs,
      "note,generator,pim_type,L,nhead,power,flags,cycle\r\n" +
        '"one, two",orig_bank,BA,16,1,True,,?\r\n' +
        '"say ""hi""",starc_bank,BA,2049,13,True,--sparsity --kv_budget 1024,0\r\n' +
        "ratio,starc,bank,4096,13,True,--sparsity --kv_budget 0 --sparsity_ratio 0.25,\r\n",
    );
    equal((await kvpim(["dram", "--jobs", jobs, "--output", output])).code, 0);
    equal(
      read(output),
      "note,generator,pim_type,L,nhead,power,flags,cycle,mac,sfm,mvgb,mvsb,wrgb\r\n" +
        '"one, two",orig_bank,BA,16,1,True,,115,4,1,8,24,8\r\n' +
        '"say ""hi""",starc_bank,BA,2049,13,True,--sparsity --kv_budget 1024,' +
        "1890,3328,13,416,624,104\r\n" +
        "ratio,starc,bank,4096,13,True,--sparsity --kv_budget 0 --sparsity_ratio 0.25," +
        "1890,3328,13,416,624,104\r\n",
    );
    const again = await kvpim(["dram", "--jobs", output]);
    equal(again.out, read(output));
  }),
);

Deno.test(
  "columns say what flags would",
  inFolder(async (folder) => {
    const jobs = `${folder}/jobs.csv`;
    Deno.writeTextFileSync(
      jobs,
      "L,nhead,power,sparsity,kv_budget,row_size,add_cluster\n" +
        "64,13,1,budget,64,16,True\n4096,13,1,ratio0.25,,,False\n\n2049,13,1,none,64,,\n\n",
    );
    const { out } = await kvpim(["dram", "--jobs", jobs]);
    const cycles = out.trim().split("\n").slice(1).map((line) => Number(line.split(",")[7]));
    deepEqual(cycles, [1259, 1890, 3930]);
  }),
);

Deno.test(
  "columns that are of no use beside flags may say anything",
  inFolder(async (folder) => {
    const jobs = `${folder}/jobs.csv`;
    const header = "L,nhead,flags,sparsity,kv_budget,sparsity_ratio,row_size,add_cluster\n";
    const cycles = async (row: string) => {
      Deno.writeTextFileSync(jobs, `${header}${row}\n`);
      const { code, out, err } = await kvpim(["dram", "--jobs", jobs]);
      equal(code, 0, err);
      return out.split("\n")[1]!.split(",")[8];
    };
    equal(
      await cycles("64,2,--powerlimit,none,64,0.5,32,1"),
      await cycles("64,2,--powerlimit,,,,,"),
    );
    equal(
      await cycles("64,2,--sparsity --kv_budget 16,budget,16,0.5,,"),
      await cycles("64,2,,budget,16,,,"),
    );
  }),
);

sharedTest("every golden trace gives the reference's statistics and command log", async () => {
  const folder = await Deno.makeTempDir();
  for (const { file, power } of sharedRows("golden/traces/index.csv")) {
    const base = sharedPath(`golden/traces/${file!.replace(".trace.gz", "")}`);
    const log = `${folder}/log`;
    const limit = power === "True" ? ["--powerlimit"] : [];
    const { out } = await kvpim(
      ["dram", "--trace", `${base}.trace.gz`, ...limit, "--cmdlog", log, "--stats"],
    );
    equal(out, read(`${base}.stats.txt`));
    deepEqual(read(log).split("\n"), unzipped(`${base}.cmdlog_ch0.gz`).split("\n"));
  }
  await Deno.remove(folder, { recursive: true });
});

sharedTest("golden tables of programs come out as they went in", async () => {
  for (const name of ["dense_orig", "starc_sparse", "starc_cluster"]) {
    const path = sharedPath(`golden/${name}.csv`);
    // Rows the reference aborted on have no result to compare with.
    const lines = (text: string) => text.split("\r\n").filter((line) => !line.endsWith(",-6"));
    const { out } = await kvpim(["dram", "--jobs", path]);
    deepEqual(lines(out), lines(read(path)));
  }
});

import { deepEqual, equal, match } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inFolder, kvpim } from "../testing.ts";

const testdata = (name: string) =>
  fileURLToPath(new URL(`../../../wasm/sdk/testdata/${name}`, import.meta.url));

/** Runs a test with the text of a program of two heads. */
const withTrace = (test: (trace: string) => Promise<void>) =>
  inFolder(async (folder) => {
    const trace = `${folder}/a.trace.gz`;
    const program = ["dram", "--seqlen", "600", "--nhead", "2", "--powerlimit"];
    const { code, err } = await kvpim([...program, "--write-trace", trace]);
    equal(code, 0, err);
    await test(trace);
  });

async function report(...args: string[]) {
  const { code, out, err } = await kvpim(["dram", "--powerlimit", "--json", ...args]);
  deepEqual([code, err], [0, ""]);
  return JSON.parse(out);
}

Deno.test(
  "a trace runs in the memory that is named as in the stack of the same device",
  withTrace(async (trace) => {
    const found = await report("--trace", trace, "--memory", "hbm3-pim-bank");
    const { counts, ...figures } = await report("--trace", trace);
    const { counts: foundCounts, ...foundFigures } = found;
    deepEqual(foundFigures, figures);
    for (const [word, count] of Object.entries(foundCounts)) equal(count, counts[word], word);
    const jedec = await report("--trace", trace, "--memory", "hbm3-jedec-bank");
    deepEqual([jedec.clock_ps, jedec.counts], [625, foundCounts]);
  }),
);

Deno.test("a stranger's memory takes a trace from standard input", async () => {
  const input = "PIM_MAC_AB 0x0\nPIM_BARRIER 0\nPIM_MAC_AB 0x40\n";
  const args = ["dram", "--trace", "-", "--memory", testdata("ideal"), "--json"];
  const { out, err } = await kvpim(args, { input });
  equal(err, "");
  const { title, cycles, clock_ps, counts } = JSON.parse(out);
  deepEqual([title, cycles, clock_ps, counts.PIM_MAC_AB], ["standard input", 32, 500, 2]);
});

Deno.test("a trace that the memory does not serve is refused in one line", async () => {
  const refuses = async (memory: string, input: string, message: RegExp) => {
    const { code, out, err } = await kvpim(["dram", "--trace", "-", "--memory", memory], { input });
    deepEqual([code, out, err.split("\n").length], [2, "", 2], err);
    match(err, message);
  };
  const bank = "hbm3-pim-bank";
  await refuses(
    bank,
    "PIM_MAC_AB 0x0\nLD 0xfffffffffff\n",
    /^kvpim: standard input line 2: .* hbm3-pim-bank has, below \d+ bytes, but found load at 0xff/,
  );
  await refuses(bank, "PIM_MAC_PB 0x0\n", /PIM at the bank with the memory .* at the buffer$/m);
  await refuses(
    bank,
    "PIM_MAC_AB zero\n",
    /^kvpim: standard input line 1: expected a request such/,
  );
  await refuses(bank, "", /^kvpim: standard input: expected at least one request but found none$/m);
  await refuses(
    testdata("hostile-memory"),
    "LD 0\n",
    /^kvpim: expected commands that the memory \S+ can serve but found some that open and close/,
  );
});

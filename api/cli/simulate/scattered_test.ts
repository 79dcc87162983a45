import { deepEqual, equal, match, ok } from "node:assert/strict";
import { TraceFile } from "../../../core/attention/trace_file.ts";
import { inFolder, kvpim } from "../testing.ts";

const EXPERIMENT = [
  "simulate",
  ..."--system dgx-attacc --gpu H100 --powerlimit --model Mistral-7B --batch 16".split(" "),
  ..."--lin 4000 --lout 4 --profile corrected --rows scattered".split(" "),
];

const json = async (...more: string[]) =>
  JSON.parse((await kvpim([...EXPERIMENT, "--json", ...more])).out);

async function refuses(args: string[], message: RegExp) {
  const { code, err } = await kvpim([...EXPERIMENT, ...args]);
  equal(code, 2, err);
  match(err, message);
}

/** A trace of three steps of a context of 4001 tokens and more. */
function writeTrace(path: string, lists: ("rows16" | "tokens")[] = ["rows16"]) {
  using file = new TraceFile(path, {
    version: 1,
    model: { name: "m", digest: "", layers: 1, queryHeads: 4, kvHeads: 4, headDim: 128 },
    policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers: [] },
    headUnit: "query-head",
    lists,
  });
  file.writer.beginSample("a");
  for (let step = 1; step <= 3; step++) {
    for (let headGroup = 0; headGroup < 4; headGroup++) {
      const rows16 = Uint32Array.of(headGroup, 60, 61, 200);
      const counts = {
        sequentialRows16: 4,
        placedRows16: 4,
        sequentialDramRows: 3,
        placedDramRows: 3,
      };
      const row = { step, layer: 0, headGroup, contextTokens: 4000 + step, keptTokens: 4 };
      const carried = lists.length === 0 ? {} : { rows16 };
      file.writer.selection({ ...row, ...counts }, carried);
    }
  }
  file.writer.endSample();
  file.end();
}

Deno.test("scattered rows take longer, the less so the longer their runs", async () => {
  const sparsity = ["--sparsity", "--kv_budget", "1024"];
  const time = async (...more: string[]) => (await json(...sparsity, ...more)).row.g_matmul;
  const [compact, any, runs] = [
    await time("--rows", "compact"),
    await time(),
    await time("--locality", "8"),
  ];
  ok(compact < runs && runs < any, `${compact} ${runs} ${any}`);
});

Deno.test("what is charged beside attention is told", async () => {
  const { charged, chargedPrompt, spec } = await json(
    ..."--sparsity --kv_budget 1024 --selection quest --clustering online --lout 66".split(" "),
  );
  deepEqual(Object.keys(charged).sort(), ["choose", "cluster", "select", "write"]);
  deepEqual([spec.selection, spec.selectionParameters], ["quest", { "page-tokens": 16 }]);
  deepEqual(Object.keys(chargedPrompt), ["cluster"]);
  const { out } = await kvpim([
    ...EXPERIMENT,
    ..."--compare --selection by-method --method STARC=1600 --method Quest=1024".split(" "),
    ..."--output /dev/null --chart /dev/null".split(" "),
  ]);
  match(out, /^STARC: of it 0\.\d+ ms and 0\.\d+ J for reading what it decides by$/m);
  match(out, /^Quest: of it 0\.\d+ ms and \S+ J for choosing the largest scores$/m);
  match(out, /^full: of it \S+ ms and \S+ J for writing the new token$/m);
  const prompt = await kvpim([...EXPERIMENT, "--sparsity", "--clustering", "online"]);
  match(
    prompt.out,
    /^prompt: [\d.]+ ms and [\d.]+ J, once, for clustering and moving its tokens$/m,
  );
});

Deno.test(
  "a trace says which blocks are read",
  inFolder(async (folder) => {
    const trace = `${folder}/a.kvat`;
    writeTrace(trace);
    const { spec, sampling } = await json("--blocks", trace);
    deepEqual(spec.sparsity.kvBudgets, [64, 64, 64]);
    deepEqual(sampling, { scatteredSteps: 3, sampledSteps: 3, relativeError: 0 });
    const { out } = await kvpim([...EXPERIMENT, "--blocks", trace, "--output", `${folder}/o.csv`]);
    // Four blocks in three runs.
    match(out, /^The trace's blocks lie 1\.3\d side by side/m);
    await refuses(
      ["--blocks", trace, "--lout", "9"],
      /^kvpim: --lout: expected at most 4 tokens, one more than .*a\.kvat, but found 9$/m,
    );
    await refuses(
      ["--blocks", trace, "--lin", "64"],
      /^kvpim: --lin: expected 4000 tokens, with which .*a\.kvat begins, but found 64$/m,
    );
    await refuses(["--blocks", trace, "--rows", "compact"], /--rows scattered beside it/);
    await refuses(["--blocks", trace, "--sparsity"], /the trace says what is read/);
    const counted = `${folder}/b.kvat`;
    writeTrace(counted, []);
    await refuses(
      ["--blocks", counted],
      /^kvpim: --blocks: .*b\.kvat: expected a trace that carries the rows.* --trace-lists rows16$/m,
    );
    await refuses(["--blocks", `${folder}/none`], /^kvpim: --blocks: .*found no file/);
  }),
);

Deno.test(
  "an evaluation records which blocks are read, and a simulation reads them",
  inFolder(async (folder) => {
    const trace = `${folder}/quest.trace`;
    const record = async (...more: string[]) => {
      const { code, err } = await kvpim([
        ..."eval ppl --policy quest --budget 32 --protocol once --start 199 --tokens 4".split(" "),
        ...["--output", `${folder}/out`, "--trace", trace, ...more],
      ]);
      equal(code, 0, err);
    };
    const experiment = ["--lin", "200", "--lout", "4", "--blocks", trace];
    await record();
    await refuses(experiment, /expected a trace that carries the rows.* --trace-lists rows16$/m);
    // Finished, but not with these lists.
    await record("--trace-lists", "rows16");
    const { spec, sampling } = await json(...experiment);
    deepEqual(sampling.scatteredSteps, 3);
    const idle = await kvpim([
      ...["simulate", "--system", "dgx-attacc", "--rows", "scattered", "--json", ...experiment],
      ...["--row_size", "64", "--seed", "9", "--sparsity_ratio", "0.5"],
    ]);
    for (const option of ["row_size", "seed", "sparsity_ratio"]) {
      match(idle.err, new RegExp(`^note: --${option} changes nothing beside --blocks\\.$`, "m"));
    }
    const { out } = await kvpim(["budget-table", trace]);
    deepEqual(out, spec.sparsity.kvBudgets.map((budget: number) => `${budget}\n`).join(""));
  }),
);

Deno.test("places and charges that make no sense are refused", async () => {
  await refuses(["--rows", "spread"], /^kvpim: --rows: expected one of compact, scattered/);
  await refuses(["--locality", "0.5"], /^kvpim: expected --locality to be a number of blocks/);
  await refuses(["--sampled-steps", "1"], /--sampled-steps to be a whole number from 16/);
  await refuses(["--selection", "by-method"], /expected --compare beside by-method/);
  await refuses(
    ["--sparsity", "--selection", "sparq:page-tokens=9"],
    /^kvpim: expected --selection sparq to be given rank but found page-tokens/,
  );
  await refuses(["--selection", "sparq:rank"], /^kvpim: --selection: expected NAME=VALUE/);
  await refuses(["--selection", "h2o"], /^kvpim: --selection: expected one of none, quest, starc/);
});

Deno.test("a run that does not fit is refused where capacity is enforced", async () => {
  await refuses(
    ["--model", "GPT-175B", "--lin", "30000"],
    /^kvpim: expected the KV cache to fit the 8 accelerators of 80 GiB but found \d+\.\d GiB/,
  );
});

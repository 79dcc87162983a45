import { deepEqual, equal } from "node:assert/strict";
import { TraceFile } from "../../../core/attention/trace_file.ts";
import { inFolder, kvpim } from "../testing.ts";

/** A trace of samples of three steps of one head, which reads the rows of the step's number. */
function writeTrace(path: string, samples: readonly string[], denseLayers: number[] = []) {
  using file = new TraceFile(path, {
    version: 1,
    model: { name: "m", digest: "", layers: 1, queryHeads: 1, kvHeads: 1, headDim: 128 },
    policy: { name: "p", version: "1", digest: "", budget: 64, parameters: {}, denseLayers },
    headUnit: "query-head",
    lists: [],
  });
  for (const sample of samples) {
    file.writer.beginSample(sample);
    for (let step = 1; step <= 3; step++) {
      file.writer.selection({
        step,
        layer: 0,
        headGroup: 0,
        contextTokens: 100,
        keptTokens: 9,
        sequentialRows16: 4,
        placedRows16: step,
        sequentialDramRows: 1,
        placedDramRows: 1,
      });
    }
    file.writer.endSample();
  }
  file.end();
}

async function refuses(args: readonly string[], line: string) {
  deepEqual(await kvpim(args), { code: 2, out: "", err: `kvpim: ${line}\n` });
}

Deno.test(
  "a trace becomes a table on standard output or in a file",
  inFolder(async (folder) => {
    writeTrace(`${folder}/a.trace`, ["one"]);
    const { out } = await kvpim(["budget-table", `${folder}/a.trace`, "--tile", "4"]);
    equal(out, "16\n32\n48\n16\n");
    const output = ["--output", `${folder}/kv.txt`, "--placement", "sequential"];
    const outcome = await kvpim(["budget-table", `${folder}/a.trace`, ...output]);
    deepEqual(outcome, { code: 0, out: "", err: "" });
    equal(Deno.readTextFileSync(`${folder}/kv.txt`), "64\n64\n64\n");
  }),
);

Deno.test({
  name: "a table is not written over the trace it is made of, by whatever path",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    const trace = `${folder}/a.trace`;
    writeTrace(trace, ["one"]);
    const whole = Deno.readFileSync(trace);
    Deno.symlinkSync(trace, `${folder}/link`);
    Deno.linkSync(trace, `${folder}/hard`);
    for (const name of ["a.trace", "./a.trace", "link", "hard"]) {
      await refuses(
        ["budget-table", trace, "--output", `${folder}/${name}`],
        `--output: expected another file than <trace> names but found ${folder}/${name}`,
      );
    }
    deepEqual(Deno.readFileSync(trace), whole);
  }),
});

Deno.test(
  "what no table can be made of is named with the file, and the option that would help",
  inFolder(async (folder) => {
    const trace = `${folder}/a.trace`;
    writeTrace(trace, ["one", "two"]);
    await refuses(
      ["budget-table", trace],
      `${trace}: expected a trace of one sample but found more; --concatenate joins them`,
    );
    await refuses(
      ["budget-table", trace, "--concatenate", "--tile", "5"],
      `--tile: expected at least 6 entries, the steps of ${trace}, but found 5`,
    );
    writeTrace(trace, []);
    await refuses(["budget-table", trace], `${trace}: expected decode steps but found none`);
    writeTrace(trace, ["one"], [0]);
    await refuses(
      ["budget-table", trace, "--tile", "3"],
      `${trace}: expected a layer under the policy but found none: all 1 are dense`,
    );
    await refuses(
      ["budget-table", folder],
      `${folder}: expected an attention trace but found a folder`,
    );
  }),
);

Deno.test(
  "a trace that a simulation cannot use is named with the option, too",
  inFolder(async (folder) => {
    const trace = `${folder}/a.trace`;
    const simulate = (...args: string[]) => ["simulate", "--json", ...args];
    writeTrace(trace, ["one", "two"]);
    const several = "expected a trace of one sample but found more; --concatenate joins them";
    await refuses(simulate("--trace", trace), `--trace: ${trace}: ${several}`);
    await refuses(
      simulate("--compare", "--method", `mine=${trace}`),
      `--method mine: ${trace}: ${several}`,
    );
    writeTrace(trace, ["one"], [0]);
    const dense = "expected a layer under the policy but found none: all 1 are dense";
    await refuses(simulate("--trace", trace), `--trace: ${trace}: ${dense}`);
    const folderFound = `${folder}: expected an attention trace but found a folder`;
    await refuses(simulate("--trace", folder), `--trace: ${folderFound}`);
    await refuses(
      simulate("--profile", "corrected", "--rows", "scattered", "--blocks", folder),
      `--blocks: ${folderFound}`,
    );
  }),
);

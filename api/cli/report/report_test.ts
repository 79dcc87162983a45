import { deepEqual, equal, match, ok } from "node:assert/strict";
import { inFolder, kvpim } from "../testing.ts";

const EXPERIMENT = [
  ..."report --system dgx-attacc --gpu H100 --powerlimit --ffopt --pipeopt".split(" "),
  ..."--model Mistral-7B --batch 16 --lin 2048 --lout 4".split(" "),
];

Deno.test(
  "every switch between two profiles is shown alone and together, and drawn",
  inFolder(async (folder) => {
    const chart = `${folder}/switches.svg`;
    const methods = ["--method", "full=full", "--method", "Quest=1024"];
    const { code, out } = await kvpim([
      ...EXPERIMENT,
      ...methods,
      "--switches",
      "--chart",
      chart,
    ]);
    equal(code, 0);
    match(out, /^full +alone, ms +change +alone, J +change +together, ms +together, J$/m);
    match(out, /^Quest +alone, ms/m);
    match(out, /^artifact +0\.9402 +0\.00 %/m);
    match(out, /^feed-forward = as-built +1\.0\d+ +\d/m);
    match(out, /^corrected /m);
    match(Deno.readTextFileSync(chart), /^<svg [^]*gpu-time-divisor/);
  }),
);

Deno.test("all together are the other profile", async () => {
  const { out } = await kvpim([...EXPERIMENT, "--switches", "--json"]);
  const [{ after, effects }] = JSON.parse(out).experiments;
  const simulated = await kvpim([
    "simulate",
    ...EXPERIMENT.slice(1),
    "--profile",
    "corrected",
    "--json",
  ]);
  deepEqual(after, JSON.parse(simulated.out).row);
  ok(effects.length >= 15);
});

Deno.test("a switch that has the run refused says why and is left as it is", async () => {
  const { out } = await kvpim([
    ..."report --switches --system dgx-attacc --gpu H100 --model GPT-175B".split(" "),
    ..."--batch 64 --lin 4096 --lout 2".split(" "),
  ]);
  match(out, /^capacity = enforced +refused/m);
  match(out, /^capacity: Expected the KV cache to fit the 8 accelerators/m);
});

Deno.test("budgets are read as simulate reads them, and methods say their own", async () => {
  const budget = ["--sparsity", "--kv_budget", "512"];
  const { out } = await kvpim([...EXPERIMENT, "--switches", "--json", ...budget]);
  const [{ name, before }] = JSON.parse(out).experiments;
  const simulated = await kvpim(["simulate", ...EXPERIMENT.slice(1), "--json", ...budget]);
  deepEqual([name, before], ["sparse", JSON.parse(simulated.out).row]);
  const both = await kvpim([...EXPERIMENT, "--switches", ...budget, "--method", "a=512"]);
  equal(both.code, 2);
  match(both.err, /'--method <name=budget>' cannot be used with option '--sparsity'/);
  const none = await kvpim([...EXPERIMENT, "--switches", "--trace", "none.trace"]);
  equal(none.code, 2);
  match(none.err, /^kvpim: --trace: none\.trace: expected an attention trace but found no file/);
});

Deno.test("nothing to report is a mistake", async () => {
  const { code, err } = await kvpim(EXPERIMENT);
  equal(code, 2);
  match(err, /^kvpim: expected --switches but found nothing to report/);
});

Deno.test(
  "a picture is not drawn over a table that is read",
  inFolder(async (folder) => {
    const table = `${folder}/kv.txt`;
    Deno.writeTextFileSync(table, "1024\n");
    const { code, out, err } = await kvpim([
      ...[...EXPERIMENT, "--switches", "--method", `Q=${table}`, "--chart", `${folder}/./kv.txt`],
    ]);
    deepEqual([code, out], [2, ""]);
    match(err, /^kvpim: --chart: expected another file than --method Q=.* names but found .*\n$/);
    equal(Deno.readTextFileSync(table), "1024\n");
  }),
);

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { sharedRows, sharedTest } from "../../core/testing/shared_material.ts";
import { addAccuracy, readRecords } from "./accuracy.ts";
import { Report } from "./document.ts";
import { LONGBENCH, type PaperPolicy, POLICIES, RULER, RULER_MEANS } from "./published_accuracy.ts";

const record = (evaluation: string, policy: object, scores: object, more: object = {}) => ({
  version: 1,
  evaluation,
  protocol: "artifact",
  model: "Llama-3.1-8B-Instruct",
  policy,
  config: {},
  digests: {},
  scores,
  recall: null,
  samples: 1,
  ...more,
});

Deno.test("RULER's means are the means of its tasks", () => {
  for (const policy of Object.keys(POLICIES) as PaperPolicy[]) {
    const scores = Object.values(RULER).map((task) => task[policy]);
    const mean = scores.reduce((sum, score) => sum + score) / scores.length;
    ok(Math.abs(mean - RULER_MEANS[policy]) < 1e-4, `${policy} ${mean}`);
  }
});

Deno.test("records fill the cells of their policy, budget and model, others stay empty", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const records = [
      record("longbench", { name: "starc", budget: 1024 }, { hotpotqa: 40 }),
      record("longbench", { name: "starc", budget: 1024 }, { trec: 50 }),
      record("longbench", { name: "starc", budget: 512 }, { trec: 70 }, { model: "tiny" }),
      record("ruler", { name: "quest", budget: 1024 }, { nvidia: 90, artifact: 0.9 }, {
        config: { task: "vt" },
      }),
      record("perplexity", { name: "full" }, { perplexity: 6.75 }, { recall: 1 }),
      { other: true },
    ];
    Deno.mkdirSync(`${folder}/deep`);
    records.forEach((each, i) =>
      Deno.writeTextFileSync(`${folder}/deep/${i}.json`, JSON.stringify(each))
    );
    Deno.writeTextFileSync(`${folder}/broken.json`, "{");
    const found = readRecords(folder);
    equal(found.length, 5);
    const report = new Report("accuracy");
    addAccuracy(report, found);
    const { markdown } = report.write();
    match(
      markdown,
      /^\| Llama-3\.1-8B-Instruct \| 1024 \| 39\.46 \| {2}\| 39\.71 \| 45\.00 \(2 of 16\) \| 39\.76 \|/m,
    );
    match(markdown, /^\| tiny \| 512 \| {2}\| {2}\| {2}\| 70\.00 \(1 of 16\) \|/m);
    match(markdown, /^\| vt \|.*\| 0\.8688 \| 0\.9000 \|$/m);
    match(markdown, /^\| Llama-3\.1-8B-Instruct \| full \| {2}\| 6\.7500 \| 1\.0000 \|$/m);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

sharedTest("the tables' numbers are those that were read off the paper", () => {
  const names = Object.keys(LONGBENCH);
  const longbench = sharedRows("data/paper/starc_longbench.csv");
  equal(longbench.length, 60);
  for (const { budget, model, method, Avg } of longbench) {
    const key = names.find((name) =>
      name.toLowerCase().startsWith(model!.toLowerCase().slice(0, 5))
    );
    equal(LONGBENCH[key!]![Number(budget)]![method as PaperPolicy], Number(Avg), `${model}`);
  }
  const tasks = Object.keys(RULER);
  for (const { method, Avg, ...scores } of sharedRows("data/paper/starc_ruler32k_llama31.csv")) {
    const policy = method as PaperPolicy;
    deepEqual(tasks.map((task) => RULER[task]![policy]), Object.values(scores).map(Number));
    equal(RULER_MEANS[policy], Number(Avg));
  }
});

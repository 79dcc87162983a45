import { equal } from "node:assert/strict";
import { Experiments, VARIANTS } from "./experiments.ts";
import { sharedRows, sharedTest } from "../../core/testing/shared_material.ts";
import { FIG_11, type Length, LENGTHS, METHODS, type Metric, type Model } from "./published.ts";

sharedTest("the bars of Fig. 11 are those that were read off the paper", () => {
  const rows = sharedRows("data/paper/starc_fig11.csv");
  equal(rows.length, 18);
  for (const row of rows) {
    const model = row.model!.replace("LLaMA", "LLAMA") as Model;
    const shares = FIG_11[row.metric as Metric][model][LENGTHS.indexOf(Number(row.lout) as Length)];
    equal(shares!["token-wise"], Number(row.token_wise));
    equal(shares!.STARC, Number(row.starc));
    equal(shares!["page-wise"], Number(row.page_wise));
  }
});

Deno.test("STARC's gains in Fig. 11 span what the paper's text says", () => {
  const gains = (metric: Metric) => {
    const all = Object.values(FIG_11[metric]).flat().map(({ STARC }) =>
      Math.round(100 * (1 - STARC))
    );
    return [Math.min(...all), Math.max(...all)].join();
  };
  // "25%-48% speedup and 34%-56% energy reduction".
  equal(gains("latency"), "25,48");
  equal(gains("energy"), "34,56");
  equal(Object.keys(METHODS).length, 3);
});

sharedTest("the artifact's own code does not give Mistral's bars at 32,000 tokens", async () => {
  using experiments = await Experiments.open();
  const time = async (run: "full" | "STARC" | "token-wise") =>
    (await experiments.run(VARIANTS.artifact, "Mistral-7B", 32000, run)).row["g_time (ms)"];
  const full = await time("full");
  const at = FIG_11.latency["Mistral-7B"][2]!;
  equal([at.STARC, (await time("STARC") / full).toFixed(3)].join(), "0.52,0.544");
  equal([at["token-wise"], (await time("token-wise") / full).toFixed(3)].join(), "0.66,0.583");
});

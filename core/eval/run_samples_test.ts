import { doesNotThrow, equal, throws } from "node:assert/strict";
import { evaluateLongBench, planLongBench } from "./longbench/evaluate.ts";
import { samplesToRun } from "./run_samples.ts";
import { checkFinished } from "./sample_log.ts";
import { longBench, SAMPLES } from "./testing/longbench_samples.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

Deno.test("a run has as many samples as its file, or as its limit allows", async () => {
  using folder = temporaryFolder();
  const plan = await planLongBench(longBench(folder, SAMPLES));
  equal(samplesToRun(plan), 3);
  equal(samplesToRun(plan, 2), 2);
  equal(samplesToRun(plan, 4), 3);
});

Deno.test("what cannot go on from what is finished is known before the first sample", async () => {
  using folder = temporaryFolder();
  const options = longBench(folder, SAMPLES);
  const { path, identity, file: { samples } } = await planLongBench(options);
  const check = (asked: readonly string[], limit?: number) =>
    checkFinished(path, identity, asked, limit);
  doesNotThrow(() => check([]));
  await evaluateLongBench(options);
  doesNotThrow(() => check(samples));
  doesNotThrow(() => check([...samples, "more"]));
  throws(() => check(samples.slice(0, 2)), {
    message: `${path}: expected the 3 samples that are finished, and any after them, but found 2`,
  });
  doesNotThrow(() => check(samples.slice(0, 2), 2));
  throws(() => check([samples[0]!, "other", samples[2]!]), {
    message: `${path}: expected the samples of an earlier run, and any after them, but found ` +
      "another sample 2 of the 3 that are finished",
  });
  doesNotThrow(() => check([samples[0]!, "other"], 1));
  throws(() => checkFinished(path, { ...identity, protocol: "official" }, samples), {
    message: `${path}: results of another run: expected protocol "official" but found "artifact"`,
  });
});

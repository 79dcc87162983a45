import { equal, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { sharedPath, sharedTest } from "../../testing/shared_material.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { readMaxPromptTokens, readTaskConfig } from "./files.ts";
import { LONGBENCH_TASK_NAMES } from "./tasks.ts";
import { longBench } from "../testing/longbench_samples.ts";

Deno.test("configuration files that lack a task or have a bad template are named", async () => {
  using folder = temporaryFolder();
  const { configFiles } = longBench(folder, []);
  await rejects(readTaskConfig(configFiles, "trec"), {
    message: `${configFiles.prompts}: expected an entry trec but found hotpotqa`,
  });
  writeFileSync(configFiles.prompts, JSON.stringify({ hotpotqa: "{context} {question}" }));
  await rejects(readTaskConfig(configFiles, "hotpotqa"), {
    message: `${configFiles.prompts} hotpotqa: ` +
      "Expected a place among {context}, {input} but found {question}",
  });
});

Deno.test("sizes that leave nothing of a prompt or of an answer are named", async () => {
  using folder = temporaryFolder();
  const { configFiles } = longBench(folder, []);
  writeFileSync(configFiles.generatedTokens, JSON.stringify({ hotpotqa: 0 }));
  await rejects(readTaskConfig(configFiles, "hotpotqa"), {
    message: `${configFiles.generatedTokens}: expected hotpotqa to be at least 1 but found 0`,
  });
  const lengths = folder.path("model2maxlen.json");
  writeFileSync(lengths, JSON.stringify({ fake: 1 }));
  await rejects(readMaxPromptTokens(lengths, "fake"), {
    message: `${lengths}: expected fake to be at least 2 but found 1`,
  });
});

sharedTest("LongBench's own configuration files are read", async () => {
  const paths = {
    prompts: sharedPath("data/longbench/dataset2prompt.json"),
    generatedTokens: sharedPath("data/longbench/dataset2maxlen.json"),
  };
  const tokens = [128, 128, 64, 32, 32, 32, 512, 512, 512, 64, 32, 128, 32, 32, 64, 64];
  for (const [i, task] of LONGBENCH_TASK_NAMES.entries()) {
    const config = await readTaskConfig(paths, task);
    equal(config.maxGeneratedTokens, tokens[i]);
    equal(config.template.includes("{context}"), true);
  }
  const lengths = sharedPath("data/longbench/model2maxlen.json");
  equal(await readMaxPromptTokens(lengths, "Mistral-7B-Instruct-v0.3"), 31500);
});

/**
 * For tests only: a folder of LongBench's files.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { fakeModel, replyBehind } from "./fake_model.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { type LongBenchOptions } from "../longbench/evaluate.ts";

/** A line of a task's file. */
export const sample = (context: string, input: string, answers: string[], length = 10) => ({
  input,
  context,
  answers,
  length,
  dataset: "hotpotqa",
  language: "en",
  all_classes: null,
  _id: "0",
});

/** A folder with LongBench's files, and the options to run hotpotqa from it. */
export function longBench(folder: ReturnType<typeof temporaryFolder>, samples: unknown[]) {
  const write = (name: string, value: unknown) => {
    writeFileSync(folder.path(name), JSON.stringify(value));
    return folder.path(name);
  };
  writeFileSync(
    folder.path("hotpotqa.jsonl"),
    samples.map((line) => JSON.stringify(line) + "\n").join(""),
  );
  const options: LongBenchOptions = {
    model: fakeModel(replyBehind("Answer:", "Paris")),
    task: "hotpotqa",
    samples: folder.path("hotpotqa.jsonl"),
    configFiles: {
      prompts: write("dataset2prompt.json", {
        hotpotqa: "Read.\n{context}\nQuestion: {input}\nAnswer:",
      }),
      generatedTokens: write("dataset2maxlen.json", { hotpotqa: 32 }),
    },
    out: folder.path("out"),
    protocol: "artifact",
    maxPromptTokens: 5000,
    budget: 1024,
  };
  return options;
}

/** 440 characters. */
export const FILLER = "All work and no play. ".repeat(20);
/** Three samples, two of which the answer "Paris" gets right. */
export const SAMPLES = [
  sample(FILLER, "Capital of France?", ["Lyon", "Paris"]),
  sample(FILLER, "Größte Stadt?\u2028", ["Bern"]),
  sample("", "Q?", ["paris!"]),
];

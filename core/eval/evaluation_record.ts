import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { SampleCost } from "./sample_log.ts";

/** One evaluation, as it is kept: what was done, with what, and what came out. */
export interface EvaluationRecord {
  readonly version: 1;
  readonly evaluation: "longbench" | "ruler" | "perplexity" | "recall";
  /** How the samples were put to the model; numbers of different protocols do not compare. */
  readonly protocol: string;
  /** The model's name. */
  readonly model: string;
  /** The policy and its settings. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** Everything else that was chosen. */
  readonly config: Readonly<Record<string, unknown>>;
  /** SHA-256 of what went in. */
  readonly digests: Readonly<Record<string, string>>;
  readonly scores: Readonly<Record<string, unknown>>;
  readonly samples: number;
  /** Tokens, seconds spent on the samples, and rows of all decode steps. */
  readonly cost: SampleCost;
  /** The attention trace, where one was recorded. */
  readonly trace: string | null;
}

/** Writes a record as JSON; the file is complete or not there. */
export function writeRecord(path: string, record: EvaluationRecord) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(record, undefined, 2) + "\n");
  renameSync(`${path}.new`, path);
}

import type { RulerScoring } from "./score.ts";
import { rulerTask, type RulerTaskName } from "./tasks.ts";

/** Tokens the artifact generates, whatever the task. */
const ARTIFACT_GENERATED_TOKENS = 128;

/**
 * The most tokens a protocol generates for a task.
 *
 * @example
 * ```ts
 * import { generatedTokens } from "./generated_tokens.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(generatedTokens("vt", "nvidia"), 30);
 * equal(generatedTokens("vt", "artifact"), 128);
 * ```
 */
export function generatedTokens(task: RulerTaskName, protocol: RulerScoring): number {
  return protocol === "artifact" ? ARTIFACT_GENERATED_TOKENS : rulerTask(task).generatedTokens;
}

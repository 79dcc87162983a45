import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { RulerTaskName } from "./tasks.ts";

/** A task with the length its samples were made for. */
interface SizedTask {
  readonly task: RulerTaskName;
  readonly maxTokens: number;
}

/** What samples, traces and results call a task of a length, e.g. `vt_4096`. */
export function sizedName({ task, maxTokens }: SizedTask): string {
  return `${task}_${maxTokens}`;
}

/** Where the predictions of a model go. */
export function resultPath(out: string, model: string, sized: SizedTask): string {
  return join(out, "ruler_pred", model, `${sizedName(sized)}.jsonl`);
}

/**
 * Predictions that are there for a task of a length, of every model.
 *
 * @param folder holds a folder of results for each policy
 */
export function resultPaths(folder: string, sized: SizedTask): string[] {
  return foldersIn(folder).flatMap((policy) =>
    foldersIn(join(folder, policy, "ruler_pred"))
      .map((model) => resultPath(join(folder, policy), model, sized))
      .filter((path) => existsSync(path))
  );
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

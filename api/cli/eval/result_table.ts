import { meanRows } from "../../../core/eval/mean_rows.ts";
import { figureTable } from "../table.ts";
import type { PolicyResult } from "./policy_runs.ts";

/** A column of scores. */
export interface ScoreColumn {
  readonly head: string;
  readonly value: (result: PolicyResult) => string;
}

/** Seconds spent on the samples. */
const timeColumn: ScoreColumn = {
  head: "time, s",
  value: ({ record }) => record.cost.seconds.toFixed(1),
};

/**
 * Policies beside each other: their scores, recall and rows.
 *
 * @param costs columns behind the rows
 */
export function resultTable(
  results: readonly PolicyResult[],
  scores: readonly ScoreColumn[],
  costs: readonly ScoreColumn[] = [timeColumn],
): string {
  const columns: ScoreColumn[] = [
    { head: "policy", value: ({ choice }) => choice.label },
    ...scores,
    ...results.some(({ record }) => record.recall !== null)
      ? [{ head: "recall", value: ({ record }: PolicyResult) => recallText(record.recall) }]
      : [],
    { head: "tokens", value: rowsText("keptTokens") },
    { head: "rows16 in text order", value: rowsText("sequentialRows16") },
    { head: "as placed", value: rowsText("placedRows16") },
    ...costs,
  ];
  return figureTable(
    columns.map(({ head }) => head),
    results.map((result) => columns.map(({ value }) => value(result))),
  );
}

/** What the columns of rows mean, below a table. */
export function rowsLegend(results: readonly PolicyResult[]): string {
  const dense = results.map(({ choice, record }) => {
    const layers = record.policy.denseLayers;
    const list = Array.isArray(layers) && layers.length > 0 ? layers.join(",") : "none";
    return `${choice.label} ${list}`;
  });
  return "tokens, rows16 (rows of 16 tokens): mean of a step and query head over the layers under " +
    `the policy.\nDense layers: ${[...new Set(dense)].join("; ")}.\n`;
}

function recallText(recall: number | null): string {
  return recall === null ? "" : recall.toFixed(4);
}

function rowsText(name: "keptTokens" | "sequentialRows16" | "placedRows16") {
  return ({ record }: PolicyResult) => {
    const { rows } = record.cost;
    return rows === null || rows.selections === 0 ? "" : meanRows(rows)[name].toFixed(1);
  };
}

/**
 * A sweep of evaluations: what policies lose and what they cost.
 *
 * @module
 */
import { energyOf, latencyOf, sumOf } from "../../../../../core/system/breakdown.ts";
import type { SystemRow } from "../../../../../core/system/columns.ts";
import type { SweepRow, SweepTable } from "../../../../../core/run/sweep_table.ts";
import type { EvaluatedRow, Sweep } from "../api.ts";
import { breakdownChart } from "../charts/breakdown.ts";
import { chartFigure } from "../charts/chart_figure.ts";
import { type Axes, paretoChart } from "../charts/pareto.ts";
import { h, table } from "../dom.ts";
import { evaluationLink } from "../form/evaluation_form.ts";
import type { ChosenPolicy } from "../form/plugin_rows.ts";
import { pointText, shortId } from "../words.ts";

const POLICY = "/policy";

interface DoneRow extends SweepRow {
  readonly figures: NonNullable<SweepRow["figures"]>;
}

/** The table and charts of a sweep of evaluations that is over. */
export function evaluatedSweep(sweep: Sweep, { rows }: SweepTable): HTMLElement[] {
  const done = rows.filter((row): row is DoneRow => row.figures !== null);
  const hasSystem = done.some(({ figures }) => "g_time (ms)" in figures);
  return [
    h("h2", {}, "Accuracy against cost"),
    ...done.length === 0 ? [] : [scatter(sweep.id, done, hasSystem)],
    accuracyTable(rows, hasSystem),
    ...hasSystem ? [h("h2", {}, "A decode step"), costs(sweep.id, done)] : [],
  ];
}

/** The form of a sweep of evaluations. */
export function evaluatedSweepLink({ spec }: Sweep, rows: readonly SweepRow[]): string {
  const { kind: _, policy, ...base } = spec.base as Record<string, unknown>;
  const named = rows.map(({ point }) => point[POLICY] ?? policy) as ChosenPolicy[];
  const policies = named.filter((chosen) => chosen && chosen.name !== "full");
  return evaluationLink({ base, policies });
}

function figuresOf({ figures }: DoneRow): EvaluatedRow {
  return figures as unknown as EvaluatedRow;
}

function nameOf(row: SweepRow): string {
  const { [POLICY]: policy, ...others } = row.point;
  const { name, component, parameters = {} } = (policy ?? {}) as ChosenPolicy;
  const called = row.figures ? String(row.figures.policy) : name ?? "";
  const digest = component ? ` (${component.slice(7, 15)})` : "";
  const settings = Object.entries(parameters).map(([key, value]) => `${key} ${value}`);
  const rest = Object.keys(others).length > 0 ? [pointText(others)] : [];
  return [`${called}${digest}`, ...settings, ...rest].join(", ");
}

function isFull(row: DoneRow): boolean {
  return row.figures.policy === "full";
}

function settingsOf({ point }: SweepRow): string {
  return JSON.stringify({ ...point, [POLICY]: null, "/policy/name": null });
}

function referenceOf(row: DoneRow, rows: readonly DoneRow[]): DoneRow {
  const settings = settingsOf(row);
  return rows.find((other) => isFull(other) && settingsOf(other) === settings) ?? rows[0]!;
}

function scatter(id: string, done: readonly DoneRow[], hasSystem: boolean): HTMLElement {
  const axes: Axes = hasSystem
    ? { x: "energy of a decode step, J", y: "perplexity" }
    : { x: "rows of 16 tokens that a head reads", y: "perplexity" };
  const points = done.map((row) => {
    const figures = figuresOf(row);
    return {
      name: nameOf(row),
      href: `/runs/${row.run}`,
      x: hasSystem ? sumOf(energyOf(figures)) : figures.placed_rows16,
      y: figures.perplexity,
      isOnFront: row.isOnParetoFront === true,
    };
  });
  const beaten = hasSystem ? "perplexity, latency and energy" : "perplexity";
  return chartFigure(
    `Each point is a run. Filled circles are those that no other run beats in ${beaten}.`,
    `kvpim-${shortId(id)}-accuracy`,
    (width, theme) => paretoChart(points, axes, width, theme),
  );
}

function costs(id: string, done: readonly DoneRow[]): HTMLElement {
  const rows = done.map((row) => ({
    name: nameOf(row),
    row: figuresOf(row) as SystemRow,
    reference: figuresOf(referenceOf(row, done)) as SystemRow,
  }));
  const unit = done.some(isFull) ? "full attention" : rows[0]!.name;
  return chartFigure(
    `Time and energy of a decode step; ${unit} with the same settings is 1.`,
    `kvpim-${shortId(id)}`,
    (width, theme) => breakdownChart(rows, unit, width, theme),
  );
}

function accuracyTable(rows: readonly SweepRow[], hasSystem: boolean): HTMLElement {
  const done = rows.filter((row): row is DoneRow => row.figures !== null);
  const hasRecall = done.some((row) => figuresOf(row).recall !== null);
  const cells = (row: SweepRow) => {
    if (row.figures === null) return [];
    const figures = figuresOf(row as DoneRow);
    const full = figuresOf(referenceOf(row as DoneRow, done));
    return [
      figures.perplexity,
      `${signed(100 * (figures.perplexity / full.perplexity - 1))} %`,
      ...hasRecall ? [figures.recall ?? "–"] : [],
      figures.kept_tokens,
      figures.sequential_rows16,
      figures.placed_rows16,
      ...hasSystem ? [sumOf(latencyOf(figures)), sumOf(energyOf(figures))] : [],
      row.isOnParetoFront ? "yes" : "",
    ];
  };
  return table(
    "Means of a step and query head over the layers under the policy; rows are of 16 tokens",
    [
      "policy",
      "state",
      "perplexity",
      done.some(isFull) ? "to full" : "to the first",
      ...hasRecall ? ["recall"] : [],
      "tokens",
      "rows in text order",
      "rows as placed",
      ...hasSystem ? ["latency, ms", "energy, J"] : [],
      "Pareto",
    ],
    rows.map((
      row,
    ) => [h("a", { href: `/runs/${row.run}` }, nameOf(row)), row.state, ...cells(row)]),
  );
}

function signed(percent: number): string {
  const text = percent.toFixed(2);
  return /^-?0\.00$/.test(text) ? "0.00" : percent > 0 ? `+${text}` : text;
}

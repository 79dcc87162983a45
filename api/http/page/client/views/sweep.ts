import { energyOf, latencyOf, sumOf } from "../../../../../core/system/breakdown.ts";
import type { SystemRow } from "../../../../../core/system/columns.ts";
import type { SweepRow, SweepTable } from "../../../../../core/run/sweep_table.ts";
import { api, type Sweep } from "../api.ts";
import { breakdownChart } from "../charts/breakdown.ts";
import { chartFigure } from "../charts/chart_figure.ts";
import { paretoChart } from "../charts/pareto.ts";
import { button, h, table } from "../dom.ts";
import { formLink } from "../form/experiment_form.ts";
import type { Sparsity } from "../form/policy_rows.ts";
import { pointText, shortId, sweepModel } from "../words.ts";
import { evaluatedSweep, evaluatedSweepLink } from "./evaluated_sweep.ts";

const SPARSITY = "/experiment/sparsity";
const POLL_MS = 500;
/** More bars than this say nothing. */
const MOST_BARS = 24;

/** The view of a sweep. */
export async function sweepView(id: string): Promise<HTMLElement> {
  const sweep = await api.sweep(id);
  const place = h("div");
  const title = `${sweepModel(sweep)}: ${countOf(sweep)} runs`;
  document.title = `${title} – kvpim`;
  await show(sweep, place);
  return h(
    "div",
    {},
    h("h1", {}, title),
    h("p", { class: "mono quiet" }, `sweep ${id}`),
    place,
  );
}

function countOf({ runs }: Sweep): number {
  return Object.values(runs).reduce((sum, count) => sum + count, 0);
}

async function show(sweep: Sweep, place: HTMLElement) {
  if (sweep.isOver) {
    place.replaceChildren(await overContent(sweep));
    return;
  }
  const { element, update } = progressContent(sweep);
  place.replaceChildren(element);
  const poll = async () => {
    const current = await api.sweep(sweep.id);
    update(current);
    if (current.isOver) await show(current, place);
    else if (place.isConnected) setTimeout(poll, POLL_MS);
  };
  setTimeout(poll, POLL_MS);
}

function progressContent(sweep: Sweep) {
  const total = countOf(sweep);
  const state = h("p", { role: "status" });
  const bar = h("progress", { max: total, "aria-label": "progress of the sweep" });
  const cancel = button("Cancel", () => {
    cancel.disabled = true;
    api.cancelSweep(sweep.id);
  });
  const update = ({ runs }: Sweep) => {
    const over = total - runs.queued - runs.running;
    bar.value = over;
    state.textContent = `${over} of ${total} runs are over`;
  };
  update(sweep);
  return { element: h("div", {}, state, bar, h("div", { class: "actions" }, cancel)), update };
}

async function overContent(sweep: Sweep): Promise<HTMLElement> {
  const output = await api.sweepTable(sweep.id);
  if (sweep.spec.base.kind === "evaluate") {
    const change = evaluatedSweepLink(sweep, output.rows);
    return h(
      "div",
      {},
      h("div", { class: "actions" }, ...files(sweep), changeButton(change)),
      ...evaluatedSweep(sweep, output),
    );
  }
  const done = bySettings(output.rows.filter(isDone));
  const charts = done.length === 0 ? [] : [
    h("h2", {}, `Against ${unitOf(done)}`),
    breakdown(sweep.id, done),
    ...done.length > 2 ? [h("h2", {}, "Latency against energy"), pareto(sweep.id, done)] : [],
  ];
  return h(
    "div",
    {},
    h("div", { class: "actions" }, ...links(sweep, done)),
    ...charts,
    h("h2", {}, "Runs"),
    runTable(output),
  );
}

interface DoneRow extends SweepRow {
  readonly figures: NonNullable<SweepRow["figures"]>;
}

function isDone(row: SweepRow): row is DoneRow {
  return row.figures !== null;
}

function figuresOf({ figures }: DoneRow): SystemRow {
  return figures as unknown as SystemRow;
}

function breakdown(id: string, done: readonly DoneRow[]): HTMLElement {
  const shown = done.slice(0, MOST_BARS);
  const rows = shown.map((row) => ({
    name: pointText(row.point),
    row: figuresOf(row),
    reference: figuresOf(referenceOf(row, done)),
  }));
  const unit = unitOf(done);
  const rest = done.length - shown.length;
  return chartFigure(
    `Time and energy of a decode step; ${unit} with the same settings is 1.` +
      (rest > 0 ? ` ${rest} more runs are in the table below.` : ""),
    `kvpim-${shortId(id)}`,
    (width, theme) => breakdownChart(rows, unit, width, theme),
  );
}

function isFull({ point }: SweepRow): boolean {
  return point[SPARSITY] === null;
}

/** What runs are compared with: full attention, else the first of them. */
function unitOf(done: readonly DoneRow[]): string {
  return done.some(isFull) ? "full attention" : pointText(done[0]!.point);
}

/** What a run has besides the policy, in a text. */
function settingsOf({ point }: SweepRow): string {
  return JSON.stringify({ ...point, [SPARSITY]: null });
}

/** Full attention with the same settings, else the first run. */
function referenceOf(row: DoneRow, rows: readonly DoneRow[]): DoneRow {
  const settings = settingsOf(row);
  return rows.find((other) => isFull(other) && settingsOf(other) === settings) ?? rows[0]!;
}

/** Runs with the same settings beside each other, in the order in which they first come. */
function bySettings<Row extends SweepRow>(rows: readonly Row[]): Row[] {
  return [...Map.groupBy(rows, settingsOf).values()].flat();
}

function pareto(id: string, done: readonly DoneRow[]): HTMLElement {
  const points = done.map((row) => ({
    name: pointText(row.point),
    href: `/runs/${row.run}`,
    x: sumOf(latencyOf(figuresOf(row))),
    y: sumOf(energyOf(figuresOf(row))),
    isOnFront: row.isOnParetoFront === true,
  }));
  return chartFigure(
    "Each point is a run. Filled circles are those that no other run beats in both.",
    `kvpim-${shortId(id)}-pareto`,
    (width, theme) =>
      paretoChart(
        points,
        { x: "latency of a decode step, ms", y: "energy of a decode step, J" },
        width,
        theme,
      ),
  );
}

function runTable({ rows }: SweepTable): HTMLElement {
  const done = rows.filter(isDone);
  const relative = done.some(isFull) ? "to full" : "to the first";
  const figures = (row: SweepRow) => {
    if (!isDone(row)) return ["", "", "", ""];
    return [latencyOf, energyOf].flatMap((of) => {
      const total = sumOf(of(figuresOf(row)));
      return [total, total / sumOf(of(figuresOf(referenceOf(row, done))))];
    });
  };
  return table(
    "A decode step",
    ["run", "state", "latency, ms", relative, "energy, J", relative, "Pareto"],
    bySettings(rows).map((row) => [
      h("a", { href: `/runs/${row.run}` }, pointText(row.point)),
      row.state,
      ...figures(row),
      row.isOnParetoFront ? "yes" : "",
    ]),
  );
}

function links(sweep: Sweep, done: readonly DoneRow[]): (HTMLElement | null)[] {
  const { spec } = sweep;
  const ids = done.slice(0, MOST_BARS).map(({ run }) => run);
  const compared = done.length > ids.length ? ` among the first ${ids.length}` : "";
  const policies = policiesOf(done);
  const vary = Object.entries(spec.grid ?? {})
    .map(([pointer, values]) => [pointer.split("/").at(-1), values]);
  return [
    ...files(sweep),
    ids.length > 1
      ? h("a", { class: "button", href: `/compare?runs=${ids}` }, `What differs${compared}`)
      : null,
    changeButton(formLink({
      experiment: spec.base.experiment ?? {},
      policies,
      vary: Object.fromEntries(vary),
      memory: spec.base.memory,
    })),
  ];
}

function changeButton(href: string): HTMLElement {
  return h("a", { class: "button", href }, "Change it");
}

/** The table as files. */
function files({ id }: Sweep): HTMLElement[] {
  return ([["CSV", "csv"], ["JSON", "json"], ["Parquet", "parquet"]] as const).map((
    [name, extension],
  ) =>
    h("a", {
      class: "button",
      href: `/v1/sweeps/${id}/output.${extension}`,
      download: `sweep.${extension}`,
    }, name)
  );
}

/** Policies that a form's link can hold. */
function policiesOf(rows: readonly SweepRow[]): Sparsity[] {
  const found = rows.map(({ point }) => point[SPARSITY])
    .filter((sparsity) => sparsity !== null && sparsity !== undefined)
    .filter((sparsity) => !("kvBudgetTable" in (sparsity as object)));
  return [...new Set(found.map((sparsity) => JSON.stringify(sparsity)))]
    .map((text) => JSON.parse(text));
}

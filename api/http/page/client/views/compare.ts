import { api, Problem, type Run } from "../api.ts";
import { breakdownChart, type NamedRow } from "../charts/breakdown.ts";
import { chartFigure } from "../charts/chart_figure.ts";
import { h, table } from "../dom.ts";
import { readText, shortId } from "../words.ts";
import { followRun } from "./follow_run.ts";
import { problemBox } from "./problem_box.ts";

/** The view of runs side by side; the first is what the others are compared with. */
export async function compareView(): Promise<HTMLElement> {
  const ids = new URLSearchParams(location.search).get("runs")?.split(",").filter(Boolean) ?? [];
  if (ids.length === 0) throw new Problem("Expected runs to compare but found none");
  const place = h("div");
  const show = async () => {
    const runs = await Promise.all(ids.map((id) => api.run(id)));
    const going = runs.find(({ state }) => state === "queued" || state === "running");
    const over = runs.find(({ state }) => state === "failed" || state === "cancelled");
    if (going) place.replaceChildren(followRun(going.id, place, show));
    else if (over) {
      place.replaceChildren(problemBox(new Error(`${shortId(over.id)} ${over.state}`)));
    } else place.replaceChildren(await comparison(runs));
  };
  await show();
  return h("div", {}, h("h1", {}, "Comparison"), place);
}

async function comparison(runs: readonly Run[]): Promise<HTMLElement> {
  const { runs: compared, differences } = await api.compare(runs.map(({ id }) => id));
  const names = runs.map(nameOf);
  const rows: NamedRow[] = runs.map(({ result }, i) => ({ name: names[i]!, row: result!.row }));
  const figures = compared.map(({ id, latency, energy }, i) => [
    h("a", { href: `/runs/${id}` }, names[i]!),
    latency.total,
    latency.relative,
    energy.total,
    energy.relative,
  ]);
  const fields = Object.entries(differences).map(([pointer, values]) => [
    pointer,
    ...values.map((value) => value === undefined || value === null ? "–" : String(value)),
  ]);
  return h(
    "div",
    {},
    chartFigure(
      `Time and energy of a decode step; ${names[0]} is 1.`,
      `kvpim-compare-${shortId(runs[0]!.id)}`,
      (width, theme) => breakdownChart(rows, names[0]!, width, theme),
    ),
    table(
      "A decode step",
      ["run", "latency, ms", "to the first", "energy, J", "to the first"],
      figures,
    ),
    h("h2", {}, "What differs"),
    fields.length === 0 ? h("p", {}, "Nothing.") : table("Fields", ["field", ...names], fields),
  );
}

function nameOf({ spec, id }: Run): string {
  if (spec.kind !== "simulate") return shortId(id);
  return readText(spec.experiment.sparsity);
}

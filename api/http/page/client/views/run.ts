import { api, Problem, type Run } from "../api.ts";
import { breakdownChart } from "../charts/breakdown.ts";
import { chartFigure } from "../charts/chart_figure.ts";
import { readSteps, stepsChart, strideOf } from "../charts/steps.ts";
import { button, h, table } from "../dom.ts";
import { formLink } from "../form/experiment_form.ts";
import { isStandardMemory } from "../form/memory_field.ts";
import { readText, shortId, titleOf } from "../words.ts";
import { energyOf, latencyOf, PARTS, sumOf } from "../../../../../core/system/breakdown.ts";
import { timelineSection } from "./timeline.ts";
import { problemBox } from "./problem_box.ts";
import { evaluatedContent } from "./evaluated_run.ts";
import { followRun } from "./follow_run.ts";

const FILES = {
  "output.csv": "output.csv: all columns",
  "output.json": "output.json: all columns and notes",
  "steps.csv": "steps.csv: every step",
  "commands.csv": "commands.csv: the commands of a channel",
  "attention.trace": "attention.trace: what every step attended to",
  "budgets.txt": "budgets.txt: a budget table of the steps",
} as const;

/** The view of a run. */
export async function runView(id: string): Promise<HTMLElement> {
  const run = await api.run(id);
  document.title = `${titleOf(run.spec)} – kvpim`;
  const place = h("div");
  const show = async (current: Run) => place.replaceChildren(await content(current, follow));
  const follow = () => followRun(id, place, async () => show(await api.run(id)));
  await show(run);
  return h(
    "div",
    {},
    h("h1", {}, titleOf(run.spec)),
    h("p", { class: "mono quiet" }, `run ${run.id}`),
    place,
    h("details", {}, h("summary", {}, "The resolved spec"), specList(run)),
  );
}

async function content(run: Run, follow: () => HTMLElement): Promise<HTMLElement> {
  switch (run.state) {
    case "queued":
    case "running":
      return follow();
    case "failed":
      return problemBox(new Error(`The run failed: ${run.error}`));
    case "cancelled":
      return h(
        "div",
        {},
        h("p", {}, "The run was cancelled."),
        button("Run it", async () => {
          await api.submitRun(run.spec);
          location.reload();
        }),
      );
    case "done":
      return await doneContent(run);
  }
}

async function doneContent(run: Run): Promise<HTMLElement> {
  const links = h(
    "ul",
    {},
    ...Object.entries(FILES).filter(([name]) => run.outputs.some((output) => output.name === name))
      .map(([name, text]) =>
        h("li", {}, h("a", { href: `/v1/runs/${run.id}/${name}`, download: name }, text))
      ),
    h(
      "li",
      {},
      h(
        "a",
        { href: `/v1/runs/${run.id}/provenance.json`, download: "provenance.json" },
        "provenance.json: what kvpim run replay needs",
      ),
    ),
  );
  const files = h("section", {}, h("h2", {}, "Files"), links);
  const main = await mainContent(run);
  return h("div", {}, ...main, files);
}

function mainContent(run: Run): Promise<HTMLElement[]> {
  switch (run.spec.kind) {
    case "simulate":
      return systemContent(run);
    case "evaluate":
      return evaluatedContent(run, run.spec);
    case "dram":
      return programContent(run);
  }
}

async function programContent({ id, result, outputs }: Run): Promise<HTMLElement[]> {
  const counters = Object.entries(result!.row).map(([name, value]) => [name, Number(value)]);
  const hasCommands = outputs.some(({ name }) => name === "commands.csv");
  return [
    table("Counters", ["counter", "count"], counters),
    ...hasCommands ? [timelineSection(id, await api.file(id, "commands.csv"))] : [],
  ];
}

async function systemContent({ id, spec, result }: Run): Promise<HTMLElement[]> {
  const { row, notes = [] } = result!;
  const steps = readSteps(await api.file(id, "steps.csv"));
  const name = spec.kind === "simulate" ? readText(spec.experiment.sparsity) : "";
  const figures = ([["latency, ms", latencyOf(row)], ["energy, J", energyOf(row)]] as const).map(
    ([label, parts]) => [label, sumOf(parts), ...PARTS.map((part) => parts[part])],
  );
  const stride = strideOf(steps);
  return [
    h("div", { class: "actions" }, ...comparisonLinks({ spec, id })),
    table("A decode step", ["figure", "total", ...PARTS], figures),
    chartFigure(
      "Where the time and the energy of a decode step go.",
      `kvpim-${shortId(id)}`,
      (width, theme) => breakdownChart([{ name, row }], "this run", width, theme),
    ),
    h("h2", {}, "Every decode step"),
    chartFigure(
      `Rows that each step reads and what its attention takes${
        stride > 1 ? `; every ${stride}th step is drawn, all are in steps.csv` : ""
      }.`,
      `kvpim-${shortId(id)}-steps`,
      (width, theme) => stepsChart(steps, width, theme),
    ),
    ...row.hw === "NONE" || row.hw === "CPU" ? [] : [stepForm(id, steps.length)],
    ...notes.length === 0 ? [] : [
      h("h2", {}, "Notes"),
      h("ul", {}, ...notes.map((note) => h("li", {}, note))),
    ],
  ];
}

/** Asks for the commands of a step. */
function stepForm(id: string, steps: number): HTMLElement {
  const input = h("input", {
    id: "step",
    type: "number",
    min: 0,
    max: steps - 1,
    value: 0,
    required: true,
  });
  const form = h(
    "form",
    { class: "row" },
    h(
      "div",
      { class: "field" },
      h("label", { for: "step" }, `Decode step, 0 to ${(steps - 1).toLocaleString("en")}`),
      input,
    ),
    h("button", { type: "submit" }, "See its commands"),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const program = await api.submitRun(await api.stepRun(id, input.value));
    location.assign(`/runs/${program.id}`);
  });
  return form;
}

function comparisonLinks({ spec, id }: Pick<Run, "spec" | "id">): HTMLElement[] {
  if (spec.kind !== "simulate") return [];
  const { sparsity, switches: _, ...experiment } = spec.experiment;
  const change = h(
    "a",
    {
      class: "button",
      href: formLink({
        experiment,
        policies: sparsity === null ? [] : [{ ...sparsity }],
        memory: isStandardMemory(spec.memory) ? undefined : spec.memory,
      }),
    },
    "Change it",
  );
  if (sparsity === null) return [change];
  const full = { ...spec, experiment: { ...spec.experiment, sparsity: null, clustering: "none" } };
  const compare = button("Compare with full attention", async () => {
    try {
      const reference = await api.submitRun(full);
      location.assign(`/compare?runs=${reference.id},${id}`);
    } catch (error) {
      if (error instanceof Problem) compare.after(problemBox(error));
      else throw error;
    }
  });
  return [compare, change];
}

function partsOf(spec: Run["spec"]): object {
  switch (spec.kind) {
    case "simulate":
      return spec.experiment;
    case "dram":
      return spec.program;
    case "evaluate":
      return spec;
  }
}

function specList({ spec }: Run): HTMLElement {
  const fields = Object.entries(partsOf(spec));
  return h(
    "dl",
    {},
    ...fields.flatMap(([name, value]) => [
      h("dt", {}, name),
      h("dd", { class: "mono" }, typeof value === "string" ? value : JSON.stringify(value)),
    ]),
  );
}

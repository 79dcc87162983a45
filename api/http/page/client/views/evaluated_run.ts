import { api, type EvaluatedResult, type Run } from "../api.ts";
import { breakdownChart } from "../charts/breakdown.ts";
import { chartFigure } from "../charts/chart_figure.ts";
import { evaluatedChart, readEvaluatedSteps } from "../charts/evaluated_steps.ts";
import { h, table } from "../dom.ts";
import { evaluationLink } from "../form/evaluation_form.ts";
import { shortId } from "../words.ts";
import type { EvaluateSpec } from "../../../../../core/run/kinds/evaluate_spec.ts";

/** What an evaluation gave. */
export async function evaluatedContent(
  { id, result }: Run,
  spec: EvaluateSpec,
): Promise<HTMLElement[]> {
  const { row, usage, notes } = result as unknown as EvaluatedResult;
  const steps = readEvaluatedSteps(await api.file(id, "steps.csv"));
  const scores: [string, number][] = [
    ["perplexity", row.perplexity],
    ["mean negative log-likelihood, nats", row.nll],
    ["tokens predicted", row.predicted_tokens],
    ...row.recall === null ? [] : [["recall", row.recall] as [string, number]],
    ["tokens a head attends to", row.kept_tokens],
    ["rows of 16 tokens, in text order", row.sequential_rows16],
    ["rows of 16 tokens, as placed", row.placed_rows16],
  ];
  const used: [string, number, number | string][] = [
    ["fuel of the costliest call", usage.mostFuelPerCall, spec.limits.fuelPerCall],
    ["bytes of memory of a session", usage.mostMemoryBytes, spec.limits.memoryBytes],
    ["fuel of all calls", usage.fuel, "–"],
  ];
  return [
    h(
      "div",
      { class: "actions" },
      h("a", { class: "button", href: linkOf(spec) }, "Change it"),
    ),
    table("Means of a step and query head over the layers under the policy", [
      "figure",
      "value",
    ], scores),
    h("h2", {}, "Every predicted token"),
    chartFigure(
      "How unlikely each token was to the model, and the rows that a head read for it in the mean.",
      `kvpim-${shortId(id)}-tokens`,
      (width, theme) => evaluatedChart(steps, width, theme),
    ),
    ...spec.system === null ? [] : [
      h("h2", {}, "Latency and energy of a decode step"),
      chartFigure(
        `Of ${spec.system.model}, reading these rows.`,
        `kvpim-${shortId(id)}`,
        (width, theme) =>
          breakdownChart([{ name: spec.policy.name, row }], "this run", width, theme),
      ),
    ],
    table("What the policy used", ["what", "used", "limit"], used),
    ...notes.length === 0 ? [] : [
      h("h2", {}, "Notes"),
      h("ul", {}, ...notes.map((note) => h("li", {}, note))),
    ],
  ];
}

function linkOf(spec: EvaluateSpec): string {
  const { policy, kind: _, memory: __, text: ___, model, limits: ____, ...base } = spec;
  const { parameters, component } = policy;
  const texts = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
  return evaluationLink({
    base: { ...base, model: { name: model.name } },
    policies: [{ component, parameters: Object.fromEntries(texts) }],
  });
}

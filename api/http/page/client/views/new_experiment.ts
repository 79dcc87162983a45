import { api, type RunSchema } from "../api.ts";
import { h } from "../dom.ts";
import { ExperimentForm } from "../form/experiment_form.ts";

/** The view of a new experiment. */
export async function newExperimentView(): Promise<HTMLElement> {
  const [{ items }, plugins] = await Promise.all([api.kinds(), api.plugins()]);
  const { schema } = items.find(({ name }) => name === "simulate")!;
  const { properties } = (schema as RunSchema).properties.experiment;
  const query = new URLSearchParams(location.search);
  const form = new ExperimentForm(properties, plugins.items, query);
  return h(
    "div",
    {},
    h("h1", {}, "What does it cost to read the KV cache this way?"),
    h(
      "p",
      { class: "quiet" },
      "A model decodes on GPUs whose attention runs in memory, to the cycle. The address of this " +
        "page always holds what the form says, except files.",
    ),
    form.element,
  );
}

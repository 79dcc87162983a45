/**
 * The form of an evaluation: what a model loses under policies, and what its steps cost.
 *
 * @module
 */
import { api, type EvaluateSchema, type FieldSchema } from "../api.ts";
import { h } from "../dom.ts";
import { problemBox } from "../views/problem_box.ts";
import { fieldsPart, FormLink, listPart } from "./form_link.ts";
import { type ChosenPolicy, isChoice, PluginRows } from "./plugin_rows.ts";
import { type SchemaField, schemaField } from "./schema_field.ts";
import { sendSweep } from "./send_sweep.ts";

const FIELDS = [
  "promptTokens",
  "tokens",
  "budget",
  "seed",
  "protocol",
  "weights",
  "recall",
] as const;
const SYSTEM_FIELDS = ["model", "gpu", "batch", "pim"] as const;

/** The system whose steps are simulated where the form's link says nothing. */
const SYSTEM = {
  system: "dgx-attacc",
  model: "Mistral-7B",
  gpu: "H100",
  batch: 128,
  powerlimit: true,
  ffopt: true,
  pipeopt: true,
} as const;

/** What a form holds. */
interface EvaluationState {
  readonly base: Readonly<Record<string, unknown>>;
  readonly policies: readonly ChosenPolicy[];
}

const BEGINNING: EvaluationState = {
  base: { model: { name: "tiny-llama" }, recall: true, system: SYSTEM },
  policies: [{ name: "starc" }, { name: "quest" }],
};

/** The path of a form that holds something. */
export function evaluationLink({ base, policies }: EvaluationState): string {
  const query = { base: JSON.stringify(base), policies: JSON.stringify(policies) };
  return `/evaluate?${new URLSearchParams(query)}`;
}

function stateOf(link: FormLink): EvaluationState {
  const base = link.read("base", fieldsPart) ?? BEGINNING.base;
  const policies = link.read("policies", listPart) as readonly ChosenPolicy[] | undefined;
  return { base, policies: policies ?? BEGINNING.policies };
}

type Fields = ReadonlyMap<string, SchemaField>;

/** The form. */
export class EvaluationForm {
  readonly element: HTMLFormElement;
  readonly #fields: Fields;
  readonly #systemFields: Fields;
  readonly #model: HTMLSelectElement;
  readonly #hasSystem: HTMLInputElement;
  readonly #policies: PluginRows;
  readonly #problem = h("div", { role: "alert" });
  readonly #submit = h("button", { type: "submit", class: "primary" }, "Evaluate");
  /** Parts of the system that the form has no field for. */
  readonly #system: Readonly<Record<string, unknown>>;

  private constructor(
    schema: EvaluateSchema,
    models: readonly string[],
    policies: PluginRows,
    { base }: EvaluationState,
    link: FormLink,
  ) {
    const system = (base.system ?? SYSTEM) as Record<string, unknown>;
    this.#system = system;
    this.#fields = fieldsOf(FIELDS, schema.properties, base, "");
    const systemSchemas = schema.properties.system.anyOf[0].properties;
    this.#systemFields = fieldsOf(SYSTEM_FIELDS, systemSchemas, system, "system-");
    const chosen = (base.model as { name?: string } | undefined)?.name;
    this.#model = h(
      "select",
      { id: "checkpoint" },
      ...models.map((name) => h("option", { value: name, selected: name === chosen }, name)),
    );
    if (chosen !== undefined && !models.includes(chosen)) {
      link.refuse("model", `one of ${models.join(", ")}`, String(chosen));
    }
    this.#hasSystem = h("input", {
      type: "checkbox",
      id: "has-system",
      checked: base.system !== null && base.system !== undefined,
    });
    this.#policies = policies;
    this.element = this.#build();
    if (link.fault) this.#problem.append(problemBox(link.fault));
    this.element.addEventListener("change", () => this.rememberLink());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** The form for what the page's address says. */
  static async open(query: URLSearchParams): Promise<EvaluationForm> {
    const link = new FormLink(query);
    const state = stateOf(link);
    const [{ items }, checkpoints, plugins] = await Promise.all([
      api.kinds(),
      api.checkpoints(),
      api.plugins(),
    ]);
    const { schema } = items.find(({ name }) => name === "evaluate")!;
    const onChange = () => form.rememberLink();
    const policies = state.policies.filter((policy) => {
      const isListed = isChoice(policy, plugins.items);
      if (!isListed) link.refuse("policies", "those that are listed", JSON.stringify(policy));
      return isListed;
    });
    const rows = new PluginRows(plugins.items, policies, onChange);
    const names = checkpoints.items.map(({ name }) => name);
    const form: EvaluationForm = new EvaluationForm(
      schema as EvaluateSchema,
      names,
      rows,
      state,
      link,
    );
    return form;
  }

  #build(): HTMLFormElement {
    const fields = (of: Fields) => [...of.values()].map(({ element }) => element);
    const systemPart = h("div", { class: "fields" }, ...fields(this.#systemFields));
    const fit = () => systemPart.hidden = !this.#hasSystem.checked;
    this.#hasSystem.addEventListener("change", fit);
    fit();
    return h(
      "form",
      {},
      h(
        "fieldset",
        {},
        h("legend", {}, "Model and text"),
        h(
          "div",
          { class: "fields" },
          h(
            "div",
            { class: "field" },
            h("label", { for: "checkpoint" }, "Language model"),
            this.#model,
            h("div", { class: "hint" }, "predicts an excerpt of Moby Dick"),
          ),
          ...fields(this.#fields),
        ),
      ),
      h(
        "fieldset",
        {},
        h("legend", {}, "Policies"),
        h("p", { class: "quiet" }, "Each is compared with full attention, which is always run."),
        this.#policies.element,
      ),
      h(
        "fieldset",
        {},
        h("legend", {}, "Latency and energy"),
        h(
          "div",
          { class: "check" },
          this.#hasSystem,
          h("label", { for: "has-system" }, "Also simulate a system whose steps read these rows"),
        ),
        systemPart,
      ),
      this.#problem,
      h("div", { class: "actions" }, this.#submit),
    );
  }

  #base(): Record<string, unknown> {
    const system = { ...this.#system, ...valuesOf(this.#systemFields, true) };
    return {
      model: { name: this.#model.value },
      ...valuesOf(this.#fields),
      ...this.#hasSystem.checked && { system },
    };
  }

  /** The address follows what the form holds, so that it can be passed on at any time. */
  rememberLink() {
    const state = { base: this.#base(), policies: this.#policies.read() };
    history.replaceState(null, "", evaluationLink(state));
  }

  #send(): Promise<void> {
    const at = (pointer: string, fields: Fields) =>
      [...fields].map(([name, field]) => [`${pointer}/${name}`, field] as const);
    const fields = new Map([
      ...at("/base", this.#fields),
      ...at("/base/system", this.#systemFields),
    ]);
    return sendSweep({ submit: this.#submit, problem: this.#problem, fields }, () => {
      const policies = [{ name: "full" }, ...this.#policies.read()];
      const distinct = new Map(policies.map((policy) => [JSON.stringify(policy), policy]));
      return {
        base: { kind: "evaluate", ...this.#base() },
        list: [...distinct.values()].map((policy) => ({ "/policy": policy })),
      };
    });
  }
}

function fieldsOf(
  names: readonly string[],
  schemas: Readonly<Record<string, FieldSchema>>,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
): Fields {
  return new Map(
    names.map((name) => [name, schemaField(name, schemas[name]!, given[name], prefix)]),
  );
}

/** @param all whether values that are the standard are told, too */
function valuesOf(fields: Fields, all = false): Record<string, unknown> {
  const values = [...fields].map(([name, field]) => [name, all ? field.current() : field.value()]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

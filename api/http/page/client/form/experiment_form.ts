/**
 * The form of an experiment: what runs, where, and how the KV cache is read.
 *
 * @module
 */
import type { FieldSchema, PluginItem } from "../api.ts";
import { h } from "../dom.ts";
import { problemBox } from "../views/problem_box.ts";
import { fieldsPart, FormLink, listPart, namePart, valuesPart } from "./form_link.ts";
import { type MemoryField, memoryField, STANDARD_MEMORY } from "./memory_field.ts";
import { PolicyRows, type Sparsity, wayOf, WAYS } from "./policy_rows.ts";
import { type FieldValue, type SchemaField, schemaField } from "./schema_field.ts";
import { type FaultyField, sendSweep } from "./send_sweep.ts";
import { VariationRows, type Variations } from "./variation_rows.ts";

const GROUPS = {
  "Model and context": ["model", "lin", "lout", "batch", "word"],
  "System": ["system", "gpu", "ngpu", "gmemcap", "pim", "powerlimit", "ffopt", "pipeopt"],
  "Fidelity": ["profile", "clustering"],
} as const;

/** What a form begins with where its link says nothing: the paper's setting, with fewer tokens. */
const BEGINNING: FormState = {
  experiment: {
    model: "Mistral-7B",
    lout: 4000,
    batch: 16,
    system: "dgx-attacc",
    gpu: "H100",
    powerlimit: true,
    ffopt: true,
    pipeopt: true,
  },
  policies: [{ kvBudget: 1024 }],
  vary: {},
};

/** What a form holds. */
interface FormState {
  readonly experiment: Readonly<Record<string, unknown>>;
  readonly policies: readonly Sparsity[];
  readonly vary: Variations;
  /** The memory model, if it is not the standard. */
  readonly memory?: string | undefined;
}

/** The path of a form that holds something. */
export function formLink(state: Partial<FormState>): string {
  const entries = Object.entries(state).filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, JSON.stringify(value)]);
  return `/?${new URLSearchParams(Object.fromEntries(entries))}`;
}

/** What the page's address says of a form. */
function stateOf(link: FormLink, query: URLSearchParams): FormState {
  if (query.size === 0) return BEGINNING;
  return {
    experiment: link.read("experiment", fieldsPart) ?? {},
    policies: link.read("policies", listPart) ?? [],
    vary: link.read("vary", valuesPart) ?? {},
    memory: link.read("memory", namePart),
  };
}

/** Whether a form can show a policy of its link, which then says so if not. */
function isShown(policy: Sparsity, link: FormLink): boolean {
  if (wayOf(policy) !== undefined) return true;
  link.refuse("policies", `one of ${Object.keys(WAYS).join(", ")}`, JSON.stringify(policy));
  return false;
}

/** The form. */
export class ExperimentForm {
  readonly element: HTMLFormElement;
  readonly #fields: ReadonlyMap<string, SchemaField>;
  readonly #memory: MemoryField;
  readonly #policies: PolicyRows;
  readonly #variations: VariationRows;
  readonly #problem = h("div", { role: "alert" });
  readonly #submit = h("button", { type: "submit", class: "primary" }, "Simulate");
  /** Parts of an experiment that the form has no field for. */
  readonly #others: Readonly<Record<string, unknown>>;

  /**
   * @param schemas of an experiment's fields
   * @param plugins what a run can name
   * @param query of the page's address
   */
  constructor(
    schemas: Readonly<Record<string, FieldSchema>>,
    plugins: readonly PluginItem[],
    query: URLSearchParams,
  ) {
    const link = new FormLink(query);
    const { experiment, policies, vary, memory } = stateOf(link, query);
    const names = Object.values(GROUPS).flat();
    this.#fields = new Map(
      names.map((name) => [name, schemaField(name, schemas[name]!, experiment[name])]),
    );
    this.#memory = memoryField(plugins, memory);
    if (memory !== undefined && memory !== (this.#memory.value() ?? STANDARD_MEMORY)) {
      link.refuse("memory", "one that is listed", memory);
    }
    this.#others = Object.fromEntries(
      Object.entries(experiment).filter(([name]) => !this.#fields.has(name) && name !== "sparsity"),
    );
    const onChange = () => this.#rememberLink();
    this.#policies = new PolicyRows(policies.filter((policy) => isShown(policy, link)), onChange);
    const varied = names.filter((name) => schemas[name]!.type !== "boolean");
    const known = Object.entries(vary).filter(([name]) => {
      const isKnown = (varied as readonly string[]).includes(name);
      if (!isKnown) link.refuse("vary", `one of ${varied.join(", ")}`, name);
      return isKnown;
    });
    this.#variations = new VariationRows(
      Object.fromEntries(varied.map((name) => [name, schemas[name]!])),
      Object.fromEntries(known),
      onChange,
    );
    this.element = this.#build();
    if (link.fault) this.#problem.append(problemBox(link.fault));
    this.element.addEventListener("change", onChange);
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  #build(): HTMLFormElement {
    const groups = Object.entries(GROUPS).map(([title, names]) => {
      const fields = names.map((name) => this.#fields.get(name)!.element);
      if (title === "System") fields.push(this.#memory.element);
      return h("fieldset", {}, h("legend", {}, title), h("div", { class: "fields" }, ...fields));
    });
    return h(
      "form",
      { novalidate: false },
      ...groups.slice(0, 2),
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
        h("legend", {}, "Sweep"),
        h("p", { class: "quiet" }, "Every combination of values is run with every policy."),
        this.#variations.element,
      ),
      groups[2]!,
      this.#problem,
      h("div", { class: "actions" }, this.#submit),
    );
  }

  #experiment(): Record<string, unknown> {
    const values = [...this.#fields].map(([name, { value }]) =>
      [name, value()] as [string, FieldValue | undefined]
    );
    const changed = values.filter(([, value]) => value !== undefined);
    return { ...this.#others, ...Object.fromEntries(changed) };
  }

  /** The address follows what the form holds, so that it can be passed on at any time. */
  #rememberLink() {
    const state = {
      experiment: this.#experiment(),
      policies: this.#policies.link(),
      vary: this.#variations.read(),
      memory: this.#memory.value(),
    };
    history.replaceState(null, "", formLink(state));
  }

  #send(): Promise<void> {
    const experiment = [...this.#fields].map(([name, field]) =>
      [`/base/experiment/${name}`, field] as const
    );
    const fields = new Map<string, FaultyField>([...experiment, ["/base/memory", this.#memory]]);
    return sendSweep({ submit: this.#submit, problem: this.#problem, fields }, async () => {
      const policies = [null, ...await this.#policies.read()];
      const grid = Object.entries(this.#variations.read())
        .map(([field, values]) => [`/experiment/${field}`, values]);
      const memory = this.#memory.value();
      return {
        base: { kind: "simulate", ...memory && { memory }, experiment: this.#experiment() },
        list: policies.map((sparsity) => ({ "/experiment/sparsity": sparsity })),
        grid: Object.fromEntries(grid),
      };
    });
  }
}

/**
 * The policies of an evaluation: built-in ones and components of others.
 *
 * @module
 */
import { api, type PluginFacts, type PluginItem, Problem } from "../api.ts";
import { button, h } from "../dom.ts";
import { problemBox } from "../views/problem_box.ts";
import { pluginFacts } from "../views/plugin_facts.ts";
import { pluginOption, pluginValue } from "./plugin_option.ts";
import { RowList } from "./row_list.ts";

/** A policy as a run names it. */
export interface ChosenPolicy {
  readonly name?: string;
  readonly component?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

const PARAMETERS_HINT = "parameters-hint";

interface PluginRow {
  readonly element: HTMLElement;
  readonly read: () => ChosenPolicy;
}

/** Rows that each name a policy, and a place to upload one. */
export class PluginRows {
  readonly element: HTMLElement;
  readonly #rows: RowList<PluginRow>;
  #items: readonly PluginItem[];

  /** @param onChange called when a policy changed */
  constructor(
    items: readonly PluginItem[],
    given: readonly ChosenPolicy[],
    onChange: () => void,
  ) {
    this.#items = items.filter(({ kind }) => kind === "policy");
    const make = (policy: ChosenPolicy) => (number: number, remove: () => void) =>
      pluginRow(number, this.#items, policy, remove);
    this.#rows = new RowList("policy", make({ name: "starc" }), onChange);
    for (const policy of given) this.#rows.add(make(policy));
    const upload = uploadField((facts) => {
      if (facts.kind !== "policy") return;
      if (!this.#items.some(({ digest }) => digest === facts.digest)) {
        this.#items = [...this.#items, itemOf(facts)];
      }
      this.#rows.add(make({ component: facts.reference }));
      onChange();
    });
    this.element = h(
      "div",
      {},
      h(
        "p",
        { class: "quiet", id: PARAMETERS_HINT },
        "Parameters are written page-tokens=32, with commas between.",
      ),
      this.#rows.element,
      h("div", { class: "actions" }, button("Add a policy", () => this.#rows.addNew())),
      upload,
    );
  }

  /** The policies. */
  read(): ChosenPolicy[] {
    return this.#rows.items.map(({ read }) => read());
  }
}

/** Whether a policy is one that a form offers. */
export function isChoice(
  { component, name }: ChosenPolicy,
  items: readonly PluginItem[],
): boolean {
  return items.some((item) => item.kind === "policy" && pluginValue(item) === (component ?? name));
}

/** A place to upload a component, which says what it is or why it is refused. */
export function uploadField(onUpload: (facts: PluginFacts) => void): HTMLElement {
  const input = h("input", {
    id: "component",
    type: "file",
    accept: ".wasm",
    "aria-describedby": "component-hint",
  });
  const state = h("div", { role: "status" });
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (!file) return;
    state.replaceChildren(h("p", { class: "quiet" }, `Looking at ${file.name}…`));
    try {
      const facts = await api.uploadPlugin(file);
      state.replaceChildren(pluginFacts(facts));
      onUpload(facts);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      state.replaceChildren(problemBox(error));
    }
  });
  return h(
    "div",
    { class: "field upload" },
    h("label", { for: "component" }, "Upload a component"),
    input,
    h(
      "div",
      { class: "hint", id: "component-hint" },
      "WebAssembly, as kvpim plugin build makes it. It runs in a sandbox without any permission.",
    ),
    state,
  );
}

function itemOf({ digest, kind, description }: PluginFacts): PluginItem {
  return { name: String(description.name), origin: "uploaded", kind, digest, summary: null };
}

function pluginRow(
  number: number,
  items: readonly PluginItem[],
  given: ChosenPolicy,
  remove: () => void,
): PluginRow {
  const id = `plugin-${number}`;
  const select = h(
    "select",
    { id },
    ...items.map((item) => pluginOption(item, given.component ?? given.name)),
  );
  const parameters = h("input", {
    id: `${id}-parameters`,
    placeholder: "the policy's own",
    "aria-describedby": PARAMETERS_HINT,
    value: Object.entries(given.parameters ?? {}).map((pair) => pair.join("=")).join(", "),
  });
  const read = (): ChosenPolicy => {
    const isComponent = select.value.startsWith("sha256:");
    const values = parametersOf(parameters.value);
    return {
      ...isComponent ? { component: select.value } : { name: select.value },
      ...Object.keys(values).length > 0 && { parameters: values },
    };
  };
  const element = h(
    "div",
    { class: "row" },
    h("div", { class: "field" }, h("label", { for: id }, `Policy ${number}`), select),
    h(
      "div",
      { class: "field" },
      h("label", { for: `${id}-parameters` }, "parameters"),
      parameters,
    ),
    button("Remove", remove, { "aria-label": `Remove policy ${number}` }),
  );
  return { element, read };
}

function parametersOf(text: string): Record<string, string> {
  const pairs = text.split(",").map((part) => part.trim()).filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [part, ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
  return Object.fromEntries(pairs);
}

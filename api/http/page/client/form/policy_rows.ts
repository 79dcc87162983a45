/**
 * The policies of a form: ways to read the KV cache that are compared with full attention.
 *
 * @module
 */
import { button, h } from "../dom.ts";
import { RowList } from "./row_list.ts";

/** Which tokens a step reads, as the service takes it. */
export type Sparsity = Readonly<Record<string, unknown>>;

/** Ways that a form can say, each in words. */
export const WAYS = {
  kvBudget: "a number of tokens",
  ratio: "a share of the rows",
  kvBudgetTable: "a table of budgets (.txt or .csv)",
  kvBudgets: "a table this service has",
} as const;

type Way = keyof typeof WAYS;

/** The way a policy says what is read, if a form can say it. */
export function wayOf(policy: Sparsity): Way | undefined {
  return (Object.keys(WAYS) as Way[]).find((way) => way in policy);
}

interface PolicyRow {
  readonly element: HTMLElement;
  readonly read: () => Promise<Sparsity>;
  /** What a link can hold of it. */
  readonly link: () => Sparsity | null;
}

/** Rows that each say a policy. */
export class PolicyRows {
  readonly element: HTMLElement;
  readonly #rows: RowList<PolicyRow>;

  /** @param onChange called when a policy changed */
  constructor(given: readonly Sparsity[], onChange: () => void) {
    this.#rows = new RowList("policy", (number, remove) => policyRow(number, {}, remove), onChange);
    for (const sparsity of given) {
      this.#rows.add((number, remove) => policyRow(number, sparsity, remove));
    }
    this.element = h(
      "div",
      {},
      this.#rows.element,
      h("div", { class: "actions" }, button("Add a policy", () => this.#rows.addNew())),
    );
  }

  /** The policies, files read. */
  read(): Promise<Sparsity[]> {
    return Promise.all(this.#rows.items.map(({ read }) => read()));
  }

  /** What a link can hold: all but files. */
  link(): Sparsity[] {
    return this.#rows.items.map(({ link }) => link()).filter((sparsity) => sparsity !== null);
  }
}

function policyRow(number: number, given: Sparsity, remove: () => void): PolicyRow {
  const name = `policy-${number}`;
  const known = wayOf(given);
  const ways = (Object.keys(WAYS) as Way[]).filter((way) =>
    way !== "kvBudgets" || known === "kvBudgets"
  );
  const select = h(
    "select",
    { id: name },
    ...ways.map((way) => h("option", { value: way, selected: way === known }, WAYS[way])),
  );
  const value = h("input", { id: `${name}-value`, required: true });
  const label = h("label", { for: `${name}-value` });
  const fit = () => fitInput(value, label, select.value as Way, given);
  select.addEventListener("change", fit);
  fit();
  const link = () => {
    const way = select.value as Way;
    return way === "kvBudgetTable" ? null : { [way]: linkValue(way, value) };
  };
  const element = h(
    "div",
    { class: "row" },
    h(
      "div",
      { class: "field" },
      h("label", { for: name }, `Policy ${number}: each step reads`),
      select,
    ),
    h("div", { class: "field" }, label, value),
    button("Remove", remove, { "aria-label": `Remove policy ${number}` }),
  );
  return { element, link, read: async () => link() ?? await fileSparsity(value) };
}

function fitInput(
  input: HTMLInputElement,
  label: HTMLElement,
  way: Way,
  given: Sparsity,
) {
  const settings: Record<Way, readonly [string, Record<string, string>, string]> = {
    kvBudget: ["tokens", { type: "number", min: "1", max: "16777216", step: "1" }, "1024"],
    ratio: ["percent of the rows", { type: "number", min: "0.01", max: "100", step: "any" }, "25"],
    kvBudgetTable: ["file", { type: "file", accept: ".txt,.csv" }, ""],
    kvBudgets: ["digest", { type: "text", readonly: "readonly" }, ""],
  };
  const [text, attributes, standard] = settings[way];
  label.textContent = text;
  for (const name of ["min", "max", "step", "accept", "readonly"]) input.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  if (way === "kvBudgetTable") return;
  const known = way === "ratio" ? Number(given.ratio) * 100 : given[way];
  input.value = way in given ? String(known) : standard;
}

function linkValue(way: Way, { value }: HTMLInputElement): string | number {
  if (way === "ratio") return Number(value) / 100;
  return way === "kvBudget" ? Number(value) : value;
}

async function fileSparsity({ files }: HTMLInputElement): Promise<Sparsity> {
  const file = files?.[0];
  return { kvBudgetTable: { name: file?.name ?? "", text: await file?.text() ?? "" } };
}

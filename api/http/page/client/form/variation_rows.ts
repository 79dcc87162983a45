/**
 * The fields that a sweep varies.
 *
 * @module
 */
import type { FieldSchema } from "../api.ts";
import { button, h } from "../dom.ts";
import { RowList } from "./row_list.ts";

/** Values of a field by its name. */
export type Variations = Readonly<Record<string, readonly (string | number | boolean)[]>>;

interface VariationRow {
  readonly element: HTMLElement;
  readonly read: () => readonly [string, readonly (string | number | boolean)[]];
}

/** Rows that each say a field and its values. */
export class VariationRows {
  readonly element: HTMLElement;
  readonly #rows: RowList<VariationRow>;

  constructor(
    schemas: Readonly<Record<string, FieldSchema>>,
    given: Variations,
    onChange: () => void,
  ) {
    const make =
      (field: string, values: readonly unknown[]) => (number: number, remove: () => void) =>
        variationRow(number, schemas, field, values, remove);
    this.#rows = new RowList("variation", make("lout", []), onChange);
    for (const [field, values] of Object.entries(given)) this.#rows.add(make(field, values));
    this.element = h(
      "div",
      {},
      this.#rows.element,
      h("div", { class: "actions" }, button("Vary a field", () => this.#rows.addNew())),
    );
  }

  /** Values by field; a row without values varies nothing. */
  read(): Variations {
    const rows = this.#rows.items.map(({ read }) => read());
    return Object.fromEntries(rows.filter(([, values]) => values.length > 0));
  }
}

function variationRow(
  number: number,
  schemas: Readonly<Record<string, FieldSchema>>,
  field: string,
  values: readonly unknown[],
  remove: () => void,
): VariationRow {
  const name = `variation-${number}`;
  const select = h(
    "select",
    { id: name },
    ...Object.entries(schemas).map(([key, { title }]) =>
      h("option", { value: key, selected: key === field }, title ?? key)
    ),
  );
  const input = h("input", {
    id: `${name}-values`,
    value: values.join(", "),
    placeholder: "e.g. 1000, 2000, 4000",
    required: true,
    pattern: ".*[^,\\s].*",
    title: "one value or more",
  });
  const read = () => {
    const schema = schemas[select.value]!;
    const words = input.value.split(",").map((word) => word.trim()).filter((word) => word !== "");
    return [select.value, words.map((word) => valueOf(word, schema))] as const;
  };
  const element = h(
    "div",
    { class: "row" },
    h("div", { class: "field" }, h("label", { for: name }, `Field ${number}`), select),
    h(
      "div",
      { class: "field" },
      h("label", { for: `${name}-values` }, "values, with commas between"),
      input,
    ),
    button("Remove", remove, { "aria-label": `Remove field ${number}` }),
  );
  return { element, read };
}

function valueOf(word: string, { type, enum: options }: FieldSchema) {
  if (type === "boolean") return word === "true" || word === "yes" || word === "1";
  const isNumber = options ? typeof options[0] === "number" : type === "integer";
  return isNumber && word !== "" && !Number.isNaN(Number(word)) ? Number(word) : word;
}

/**
 * Building elements.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What an element may hold. */
type Child = Node | string | null;

/** Attributes of an element; `true` is one without a value, `false` none. */
type Attributes = Readonly<Record<string, string | number | boolean>>;

/** An element with attributes and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that does something. */
export function button(
  label: string,
  onClick: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", onClick);
  return element;
}

/** A table whose first column names its rows; a cell that is a number is set as one. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (Child | number)[])[],
): HTMLElement {
  const isNumber = (column: number) => typeof rows[0]?.[column] === "number";
  const heading = (name: string, column: number) =>
    h("th", { scope: "col", ...isNumber(column) && { class: "number" } }, name);
  const cell = (value: Child | number, column: number) => {
    const isNumber = typeof value === "number";
    const content = isNumber ? figure(value) : value;
    const attributes = isNumber ? { class: "number" } : {};
    return column === 0
      ? h("th", { scope: "row", ...attributes }, content)
      : h("td", attributes, content);
  };
  return h(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head.map(heading))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
    ),
  );
}

/** A number with as many digits as a reader compares. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 4 });
}

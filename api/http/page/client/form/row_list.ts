import { h } from "../dom.ts";

/** Makes a row; `remove` takes it away again. */
type MakeRow<Row> = (number: number, remove: () => void) => Row;

/** Rows of a form that can be added and removed. */
export class RowList<Row extends { readonly element: HTMLElement }> {
  readonly element: HTMLElement;
  readonly #make: MakeRow<Row>;
  readonly #onChange: () => void;
  #made = 0;
  #rows: Row[] = [];

  /** @param name of what a row is, for those who hear it */
  constructor(name: string, make: MakeRow<Row>, onChange: () => void) {
    this.element = h("div", { class: "rows", role: "group", "aria-label": `${name} rows` });
    this.#make = make;
    this.#onChange = onChange;
  }

  get items(): readonly Row[] {
    return this.#rows;
  }

  /** Adds an empty row and goes to it. */
  addNew() {
    this.add(this.#make).element.querySelector<HTMLElement>("select, input")?.focus();
    this.#onChange();
  }

  /** Adds a row. */
  add(make: MakeRow<Row>): Row {
    const row: Row = make(++this.#made, () => {
      this.#rows = this.#rows.filter((other) => other !== row);
      row.element.remove();
      this.#onChange();
    });
    this.#rows.push(row);
    this.element.append(row.element);
    return row;
  }
}

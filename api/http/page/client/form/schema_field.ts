import type { FieldSchema } from "../api.ts";
import { h } from "../dom.ts";

/** Value of a field. */
export type FieldValue = string | number | boolean;

/** A field of a form that a schema describes. */
export interface SchemaField {
  readonly element: HTMLElement;
  /** The value, if it is not the standard. */
  readonly value: () => FieldValue | undefined;
  /** The value, whatever it is. */
  readonly current: () => FieldValue;
  /** Shows or takes away what is wrong with it. */
  readonly invalidate: (message: string) => void;
}

/**
 * A field for a value that a schema describes, with its bounds and its standard.
 *
 * @param prefix of its id, where fields of several schemas meet
 */
export function schemaField(
  name: string,
  schema: FieldSchema,
  given?: unknown,
  prefix = "",
): SchemaField {
  const id = `field-${prefix}${name}`;
  const control = controlOf(id, schema, given ?? schema.default ?? "");
  const bounds = schema.minimum === undefined
    ? ""
    : ` (${schema.minimum.toLocaleString("en")} to ${schema.maximum?.toLocaleString("en")})`;
  const hint = h(
    "div",
    { class: "hint", id: `${id}-hint` },
    h("code", {}, name),
    `: ${schema.description ?? ""}${bounds}`,
  );
  const error = h("div", { class: "hint wrong", role: "alert" });
  const label = h("label", { for: id }, schema.title ?? name);
  const element = schema.type === "boolean"
    ? h("div", { class: "field" }, h("div", { class: "check" }, control, label), hint, error)
    : h("div", { class: "field" }, label, control, hint, error);
  const field: SchemaField = {
    element,
    current: () => valueOf(control, schema),
    value: () => {
      const value = valueOf(control, schema);
      return value === schema.default ? undefined : value;
    },
    invalidate(message) {
      control.setAttribute("aria-invalid", String(message !== ""));
      error.textContent = message;
      if (message !== "") control.focus();
    },
  };
  if (given !== undefined && !isChoice(given, schema)) {
    field.invalidate(`The link says ${JSON.stringify(given)}, which it cannot be`);
  }
  return field;
}

/** Whether a control can show a value that a link says. */
function isChoice(value: unknown, { enum: options, type }: FieldSchema): boolean {
  if (options) return (options as readonly unknown[]).includes(value);
  return type === "boolean" ? typeof value === "boolean" : typeof value === "number";
}

type Control = HTMLInputElement | HTMLSelectElement;

function controlOf(id: string, schema: FieldSchema, value: unknown): Control {
  const common = { id, name: id, "aria-describedby": `${id}-hint` };
  if (schema.enum) {
    const options = schema.enum.map((option) =>
      h("option", { value: option, selected: option === value }, String(option))
    );
    return h("select", common, ...options);
  }
  if (schema.type === "boolean") {
    return h("input", { ...common, type: "checkbox", checked: value === true });
  }
  const { minimum = "", maximum = "" } = schema;
  return h("input", {
    ...common,
    type: "number",
    inputmode: "numeric",
    min: minimum,
    max: maximum,
    value: String(value),
    required: true,
  });
}

function valueOf(control: Control, { type, enum: options }: FieldSchema): FieldValue {
  if (type === "boolean") return (control as HTMLInputElement).checked;
  const isNumber = options ? typeof options[0] === "number" : type === "integer";
  return isNumber ? Number(control.value) : control.value;
}

import type {
  Parameter,
  ParameterKind,
  ParameterValue,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";

/**
 * Values of a policy's parameters from their texts: the given ones, and the defaults of the others.
 *
 * @param parameters as the policy declares them
 * @param given texts by name: numbers, `true` or `false`, names of choices
 * @throws {RangeError} naming the first parameter that is unknown, of another kind or out of range
 *
 * @example
 * ```ts
 * import { parameterValues } from "./parameter_values.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const pages = {
 *   name: "page-tokens",
 *   summary: "Tokens of a page.",
 *   kind: { tag: "integer", value: { defaultValue: 16, minimum: 1, maximum: 64 } },
 * } as const;
 * deepEqual(parameterValues([pages], { "page-tokens": "32" }), [{ tag: "integer", value: 32 }]);
 * deepEqual(parameterValues([pages], {}), [{ tag: "integer", value: 16 }]);
 * ```
 */
export function parameterValues(
  parameters: readonly Parameter[],
  given: Readonly<Record<string, string>>,
): ParameterValue[] {
  const names = parameters.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const expected = names.length === 0 ? "no parameters" : `one of ${names.join(", ")}`;
    throw new RangeError(`Expected ${expected} but found ${JSON.stringify(unknown)}`);
  }
  return parameters.map(({ name, kind }) => valueOf(name, kind, given[name]));
}

/**
 * Values as people read them: numbers, `true` and `false`, names of choices.
 *
 * @param values one for each parameter
 */
export function namedValues(
  parameters: readonly Parameter[],
  values: readonly ParameterValue[],
): Record<string, number | boolean | string> {
  return Object.fromEntries(parameters.map(({ name, kind }, i) => {
    const { value } = values[i]!;
    const chosen = kind.tag === "choice" ? kind.value.options[Number(value)] : undefined;
    return [name, chosen ?? value];
  }));
}

function valueOf(name: string, kind: ParameterKind, text: string | undefined): ParameterValue {
  switch (kind.tag) {
    case "flag": {
      if (text === undefined) return { tag: "flag", value: kind.value };
      if (text === "true" || text === "false") return { tag: "flag", value: text === "true" };
      throw unexpected(name, "true or false", text);
    }
    case "choice": {
      const { options, defaultValue } = kind.value;
      const value = text === undefined ? defaultValue : options.indexOf(text);
      if (value >= 0) return { tag: "choice", value };
      throw unexpected(name, `one of ${options.join(", ")}`, text);
    }
    default: {
      const { tag, value: { defaultValue, minimum, maximum } } = kind;
      if (text === undefined) return { tag, value: defaultValue };
      const value = text.trim() === "" ? NaN : Number(text);
      const fits = value >= minimum && value <= maximum;
      if (fits && (tag === "real" || Number.isInteger(value))) return { tag, value };
      const what = tag === "real" ? "a number" : "a whole number";
      throw unexpected(name, `${what} from ${minimum} to ${maximum}`, text);
    }
  }
}

function unexpected(name: string, expected: string, found: string | undefined): RangeError {
  return new RangeError(`${name}: expected ${expected} but found ${JSON.stringify(found)}`);
}

import type { WitType, WitTypeDefinition } from "../../wit/ast.ts";

/**
 * Types in an order in which C takes them: each after those that it names.
 *
 * @example
 * ```ts
 * import { parseWit } from "../../wit/parse_wit.ts";
 * import { definedBeforeUse } from "./definition_order.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { interfaces: [things] } = parseWit(`package a:b@0.1.0;
 *   interface i { record whole { parts: list<part> } record part { size: u32 } }
 *   world w { export i; }`);
 * deepEqual(definedBeforeUse(things!.types).map(({ name }) => name), ["part", "whole"]);
 * ```
 */
export function definedBeforeUse(types: readonly WitTypeDefinition[]): WitTypeDefinition[] {
  const ordered = new Set<WitTypeDefinition>();
  const define = (type: WitTypeDefinition) => {
    for (const name of typesOf(type).flatMap(namesIn)) {
      const used = types.find((one) => one.name === name);
      if (used !== undefined && !ordered.has(used)) define(used);
    }
    ordered.add(type);
  };
  types.forEach(define);
  return [...ordered];
}

function typesOf(type: WitTypeDefinition): WitType[] {
  switch (type.kind) {
    case "record":
      return type.fields.map((field) => field.type);
    case "variant":
      return type.cases.flatMap((one) => one.type ?? []);
    case "alias":
      return [type.type];
    default:
      return [];
  }
}

function namesIn(type: WitType): string[] {
  switch (type.kind) {
    case "named":
      return [type.name];
    case "list":
      return namesIn(type.element);
    case "option":
      return namesIn(type.value);
    default:
      return [];
  }
}

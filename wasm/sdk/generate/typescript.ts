import type { WitInterface, WitType, WitTypeDefinition } from "../../wit/ast.ts";
import type { Contract } from "./exports.ts";
import { camelCase, docComment, pascalCase } from "./names.ts";

const TYPED_ARRAYS: Record<string, string> = {
  u8: "Uint8Array",
  s8: "Int8Array",
  u16: "Uint16Array",
  s16: "Int16Array",
  u32: "Uint32Array",
  s32: "Int32Array",
  f32: "Float32Array",
  f64: "Float64Array",
};

/** Writes the TypeScript types of a contract, as the host passes its values. */
export function generateTypeScript(contract: Contract): string {
  const types = contract.interface.types.map((type) => definition(type)).filter((one) =>
    one !== ""
  );
  return [
    `// GENERATED from ${contract.qualifiedName} by: deno run -A wasm/sdk/generate.ts`,
    "// Do not edit.",
    "",
    docComment(contract.wit.doc === "" ? contract.interface.doc : `${contract.wit.doc}\n\n@module`),
    types.join("\n"),
  ].join("\n");
}

function definition(type: WitTypeDefinition): string {
  const head = docComment(type.doc);
  const name = pascalCase(type.name);
  switch (type.kind) {
    case "record":
      return `${head}export interface ${name} {\n${
        type.fields.map((field) =>
          `${docComment(field.doc, "  ")}  readonly ${camelCase(field.name)}: ${
            typeScriptType(field.type, type.name)
          };\n`
        ).join("")
      }}\n`;
    case "variant":
      return `${head}export type ${name} =\n${
        type.cases.map((one) =>
          `${docComment(one.doc, "  ")}  | { readonly tag: "${one.name}"${
            one.type === null ? "" : `; readonly value: ${typeScriptType(one.type, type.name)}`
          } }\n`
        ).join("")
      }  ;\n`;
    case "enum":
      return `${head}export type ${name} = ${labels(type.labels)};\n`;
    case "flags":
      return `${head}export type ${name} = readonly (${labels(type.labels)})[];\n`;
    case "alias":
      return `${head}export type ${name} = ${typeScriptType(type.type, type.name)};\n`;
    case "resource":
      return "";
  }
}

function labels(all: readonly { readonly name: string }[]): string {
  return all.map(({ name }) => `"${name}"`).join(" | ");
}

function typeScriptType(type: WitType, owner: WitInterface["name"]): string {
  switch (type.kind) {
    case "primitive":
      if (type.name === "bool") return "boolean";
      return "number";
    case "string":
      return "string";
    case "list": {
      const array = type.element.kind === "primitive" ? TYPED_ARRAYS[type.element.name] : undefined;
      return array ?? `readonly ${typeScriptType(type.element, owner)}[]`;
    }
    case "option":
      return `${typeScriptType(type.value, owner)} | null`;
    case "named":
      return pascalCase(type.name);
    case "tuple":
      return `readonly [${type.members.map((member) => typeScriptType(member, owner)).join(", ")}]`;
    case "result":
      throw new RangeError(
        `Expected results only as results of functions but found one in ${owner}`,
      );
  }
}

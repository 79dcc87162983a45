/**
 * Writes the AssemblyScript side of a contract: the types and base class an author imports, and
 * the glue that turns the canonical ABI's numbers and pointers into them.
 *
 * @module
 */
import type { WitFunction, WitType } from "../../wit/ast.ts";
import { MAX_FLAT_PARAMETERS, MAX_FLAT_RESULTS } from "../../wit/layout.ts";
import { AssemblyScriptTypes } from "./assemblyscript_types.ts";
import { AssemblyScriptMemory } from "./assemblyscript_memory.ts";
import {
  type Contract,
  coreExportName,
  destructorName,
  POST_RETURN_PREFIX,
  resourceModule,
} from "./exports.ts";
import { camelCase, docComment, pascalCase } from "./names.ts";

/** Sources for the AssemblyScript compiler, and how to name what they export. */
export interface AssemblyScriptSources {
  /** What an author imports from. */
  readonly contract: string;
  /** The entry that exports the canonical functions. */
  readonly glue: string;
  /** From the glue's export names to the canonical ones. */
  readonly exportNames: ReadonlyMap<string, string>;
}

/** Where the glue imports the plugin's class from, for the build to resolve. */
export const PLUGIN_ENTRY = "plugin/entry";

/** The class a plugin exports: `Policy` for the interface `policy`. */
export function pluginClassName(contract: Contract): string {
  return pascalCase(contract.interface.name);
}

/** What is up to the plugin. */
export interface GlueOptions {
  /** Whether memory nobody holds is looked for after each call: for a runtime that never does. */
  readonly collectsBetweenCalls?: boolean;
}

/**
 * Writes the AssemblyScript sources for a contract.
 *
 * @throws {RangeError} if the contract uses a type the generator does not write (tuples), or its
 * functions fail with different error types
 */
export function generateAssemblyScript(
  contract: Contract,
  options: GlueOptions = {},
): AssemblyScriptSources {
  const types = new AssemblyScriptTypes(contract);
  const exportNames = new Map([["cabi_realloc", "cabi_realloc"]]);
  return {
    contract: contractSource(types),
    glue: glueSource(types, exportNames, options),
    exportNames,
  };
}

function contractSource(types: AssemblyScriptTypes): string {
  const { contract } = types;
  const error = errorType(contract);
  return [
    banner(contract),
    `import { Nothing, Option, Result } from "kvpim/runtime";`,
    `export { Nothing, Option, Result };`,
    "",
    types.definitions(),
    error === null ? "" : outcomeHelpers(types.name(error, "out")),
    contract.resource === null ? "" : baseClass(types, contract.resource),
  ].join("\n");
}

function outcomeHelpers(error: string): string {
  return `/** A call that worked. */
export function ok<T>(value: T): Result<T, ${error}> { return Result.ok<T, ${error}>(value); }
/** A call that worked and has nothing to say. */
export function done(): Result<Nothing, ${error}> { return ok(Nothing.instance); }
/** A call that did not work: \`fail<Selection>(${error}...)\`. */
export function fail<T>(error: ${error}): Result<T, ${error}> { return Result.fail<T, ${error}>(error); }
`;
}

function baseClass(types: AssemblyScriptTypes, resource: string): string {
  const methods = types.contract.interface.functions.filter((one) => one.kind === "method");
  const bodies = methods.map((method) => {
    const { result } = method;
    const empty = result?.kind === "result"
      ? result.ok === null ? "done()" : `ok(${types.emptyValue(result.ok, "out")})`
      : result === null
      ? ""
      : types.emptyValue(result, "out");
    return docComment(method.doc, "  ") +
      `  ${camelCase(method.name)}(${parameterList(types, method)}): ${
        result === null ? "void" : types.name(result, "out")
      } { ${empty === "" ? "" : `return ${empty};`} }\n`;
  });
  return `/** What a plugin's class extends: every method does nothing until it is overridden. */
export class ${pascalCase(resource)} {\n${bodies.join("")}}\n`;
}

function glueSource(
  types: AssemblyScriptTypes,
  exportNames: Map<string, string>,
  { collectsBetweenCalls = false }: GlueOptions,
): string {
  const { contract } = types;
  const memory = new AssemblyScriptMemory(types);
  const functions = contract.interface.functions.map((one, index) =>
    exportedFunction(types, memory, one, index, exportNames)
  );
  return [
    banner(contract),
    `import * as contract from "kvpim/${contract.interface.name}";`,
    `import { Nothing, Option, Result } from "kvpim/runtime";`,
    `import { cabi_realloc, keep, release, releaseInput, takeInput, loadString, storeString } from "kvpim/runtime";`,
    `import { ${pluginClassName(contract)} } from "${PLUGIN_ENTRY}";`,
    `export { cabi_realloc };`,
    "",
    `const RETURN: usize = memory.data(${memory.returnBytes()}, 8);`,
    `const FLAT: usize = memory.data(${memory.parameterBytes()}, 8);`,
    `function finished(): void { release();${collectsBetweenCalls ? " __collect();" : ""} }`,
    "",
    contract.resource === null ? "" : resourceFunctions(contract, exportNames),
    functions.join("\n"),
    memory.helpers(),
  ].join("\n");
}

function resourceFunctions(contract: Contract, exportNames: Map<string, string>): string {
  const className = pluginClassName(contract);
  exportNames.set("destroy", destructorName(contract));
  return `@external("${resourceModule(contract)}", "[resource-new]${contract.resource}")
declare function resourceNew(representation: usize): i32;
function store_handle(at: usize, value: contract.${pascalCase(contract.resource ?? "")}): void {
  store<i32>(at, resourceNew(__pin(changetype<usize>(value))));
}
export function destroy(representation: usize): void { __unpin(representation); }
function receiver(representation: usize): ${className} { return changetype<${className}>(representation); }
`;
}

function exportedFunction(
  types: AssemblyScriptTypes,
  memory: AssemblyScriptMemory,
  one: WitFunction,
  index: number,
  exportNames: Map<string, string>,
): string {
  const { contract, layout } = types;
  const exported = `call${index}`;
  exportNames.set(exported, coreExportName(contract, one));
  const flat = one.parameters.flatMap(({ type }) => layout.flatten(type));
  const inMemory = flat.length + (one.kind === "method" ? 1 : 0) > MAX_FLAT_PARAMETERS;
  const signature = [
    ...(one.kind === "method" ? ["self: usize"] : []),
    ...(inMemory ? ["at: usize"] : flat.map((core, position) => `p${position}: ${core}`)),
  ];
  const placed = layout.place(one.parameters);
  const lines: string[] = ["release();"];
  if (!inMemory && one.parameters.length > 0) {
    lines.push("const at = FLAT;");
    let position = 0;
    for (const { type, offset } of placed) {
      const width = layout.flatten(type).length;
      const names = Array.from({ length: width }, (_, each) => `p${position + each}`);
      lines.push(...memory.storeFlat(type, offset, names));
      position += width;
    }
  }
  placed.forEach(({ type, offset }, each) =>
    lines.push(`const a${each} = ${memory.loadExpression(type, `at + ${offset}`)};`)
  );
  if (inMemory) lines.push("releaseInput(at);");
  const callee = one.kind === "method" ? "receiver(self)" : pluginClassName(contract);
  const call = `${callee}.${camelCase(one.name)}(${
    placed.map((_, each) => `a${each}`).join(", ")
  })`;
  if (one.result === null) return wrap(exported, signature, "void", [...lines, `${call};`]);
  const flatResult = layout.flatten(one.result);
  if (flatResult.length <= MAX_FLAT_RESULTS) {
    return wrap(exported, signature, flatResult[0] ?? "void", [...lines, `return ${call};`]);
  }
  const store = memory.storeStatement(one.result, "RETURN", call);
  exportNames.set(`${exported}_post`, POST_RETURN_PREFIX + coreExportName(contract, one));
  return wrap(exported, signature, "usize", [...lines, `${store};`, "return RETURN;"]) +
    `export function ${exported}_post(_result: usize): void { finished(); }\n`;
}

function wrap(name: string, signature: string[], result: string, lines: string[]): string {
  return `export function ${name}(${signature.join(", ")}): ${result} {\n${
    lines.map((line) => `  ${line}\n`).join("")
  }}\n`;
}

function parameterList(types: AssemblyScriptTypes, { parameters }: WitFunction): string {
  return parameters.map(({ name, type }) => `${camelCase(name)}: ${types.name(type, "in")}`).join(
    ", ",
  );
}

function errorType(contract: Contract): WitType | null {
  const errors = contract.interface.functions.flatMap(({ result }) =>
    result?.kind === "result" && result.error !== null ? [result.error] : []
  );
  const [first] = errors;
  if (first === undefined) return null;
  if (errors.some((error) => JSON.stringify(error) !== JSON.stringify(first))) {
    throw new RangeError("Expected one error type for all functions but found several");
  }
  return first;
}

function banner({ qualifiedName }: Contract): string {
  return `// GENERATED from ${qualifiedName} by wasm/sdk/generate/assemblyscript.ts. Do not edit.`;
}

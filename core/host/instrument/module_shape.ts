import { ByteReader } from "../../../wasm/binary/byte_reader.ts";
import { type Section, SectionId } from "../../../wasm/binary/sections.ts";
import { ForbiddenFeatureError, readValueType } from "./instructions.ts";

/** How many values a function or block takes and leaves. */
export interface Arity {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** An import of a core module. */
export interface CoreImport {
  readonly module: string;
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global";
}

/** What the passes need to know of a module besides its code. */
export interface ModuleShape {
  readonly types: readonly Arity[];
  /** Type index of every function, imported ones first. */
  readonly functions: readonly number[];
  readonly imports: readonly CoreImport[];
  readonly importedFunctions: number;
  readonly importedGlobals: number;
}

/**
 * Reads types, imports and functions.
 *
 * @throws {ForbiddenFeatureError} for types or imports a plugin may not have
 */
export function readModuleShape(sections: readonly Section[]): ModuleShape {
  const types = readTypes(body(sections, SectionId.type));
  const functions: number[] = [];
  const imports = readImports(body(sections, SectionId.import), functions);
  const importedFunctions = functions.length;
  const declared = body(sections, SectionId.function);
  for (let count = declared?.u32() ?? 0; count > 0; count--) functions.push(declared?.u32() ?? 0);
  return {
    types,
    functions,
    imports,
    importedFunctions,
    importedGlobals: imports.filter((one) => one.kind === "global").length,
  };
}

function body(sections: readonly Section[], id: number): ByteReader | undefined {
  const section = sections.find((one) => one.id === id);
  return section && new ByteReader(section.body);
}

function readTypes(reader: ByteReader | undefined): Arity[] {
  if (reader === undefined) return [];
  return Array.from({ length: reader.u32() }, () => {
    if (reader.byte() !== 0x60) throw new ForbiddenFeatureError("garbage-collected types");
    return { parameters: readValueTypes(reader), results: readValueTypes(reader) };
  });
}

function readValueTypes(reader: ByteReader): number[] {
  return Array.from({ length: reader.u32() }, () => readValueType(reader));
}

const KINDS = ["function", "table", "memory", "global"] as const;

function readImports(reader: ByteReader | undefined, functions: number[]): CoreImport[] {
  if (reader === undefined) return [];
  return Array.from({ length: reader.u32() }, () => {
    const module = reader.name();
    const name = reader.name();
    const kind = KINDS[reader.byte()];
    switch (kind) {
      case "function":
        functions.push(reader.u32());
        break;
      case "table":
        readValueType(reader);
        readLimits(reader);
        break;
      case "memory":
        readLimits(reader);
        break;
      case "global":
        readValueType(reader);
        reader.byte();
        break;
      default:
        throw new ForbiddenFeatureError("exceptions");
    }
    return { module, name, kind };
  });
}

/** Bounds of a memory (in pages) or table (in entries). */
export interface Limits {
  readonly minimum: number;
  /** Infinity if unbounded. */
  readonly maximum: number;
}

/**
 * Reads bounds.
 *
 * @throws {ForbiddenFeatureError} if they are of shared or 64-bit memory
 */
export function readLimits(reader: ByteReader): Limits {
  const flags = reader.byte();
  if ((flags & 2) !== 0) throw new ForbiddenFeatureError("shared memory");
  if ((flags & 4) !== 0) throw new ForbiddenFeatureError("64-bit memory");
  if (flags > 1) throw new ForbiddenFeatureError("memory with custom page sizes");
  const minimum = reader.u32();
  return { minimum, maximum: flags === 1 ? reader.u32() : Infinity };
}

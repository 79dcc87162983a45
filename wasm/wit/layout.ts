/**
 * How the canonical ABI of the component model lays WIT types out: bytes in linear memory, and
 * core values in a call. Rules: component-model repository, design/mvp/CanonicalABI.md.
 *
 * @module
 */
import type { PrimitiveName, WitInterface, WitType, WitTypeDefinition } from "./ast.ts";

/** A core WebAssembly value type. */
export type CoreType = "i32" | "i64" | "f32" | "f64";

/** Most core values a call passes before its parameters move to memory. */
export const MAX_FLAT_PARAMETERS = 16;

/** Most core values a call returns before its result moves to memory. */
export const MAX_FLAT_RESULTS = 1;

const PRIMITIVE_BYTES: Record<PrimitiveName, number> = {
  bool: 1,
  u8: 1,
  s8: 1,
  u16: 2,
  s16: 2,
  u32: 4,
  s32: 4,
  u64: 8,
  s64: 8,
  f32: 4,
  f64: 8,
  char: 4,
};

/** A case of anything that is stored as a variant: variants, options and results. */
export interface LayoutCase {
  readonly name: string;
  readonly type: WitType | null;
}

/** A field with its place. */
export interface PlacedField {
  readonly name: string;
  readonly type: WitType;
  /** Bytes from the record's start. */
  readonly offset: number;
}

/** A type with aliases resolved and its definition at hand. */
export type ResolvedType =
  | Exclude<WitType, { kind: "named" }>
  | Exclude<WitTypeDefinition, { kind: "alias" }>;

/** Answers layout questions about the types of one interface. */
export class Layout {
  readonly #definitions: ReadonlyMap<string, WitTypeDefinition>;

  constructor(types: WitInterface["types"]) {
    this.#definitions = new Map(types.map((type) => [type.name, type]));
  }

  /**
   * Follows names to what they stand for.
   *
   * @throws {RangeError} if a name is not defined in the interface
   */
  resolve(type: WitType): ResolvedType {
    if (type.kind !== "named") return type;
    const definition = this.#definitions.get(type.name);
    if (definition === undefined) {
      throw new RangeError(`Expected a type of the interface but found ${type.name}`);
    }
    return definition.kind === "alias" ? this.resolve(definition.type) : definition;
  }

  /** Alignment in bytes. */
  alignment(type: WitType): number {
    const resolved = this.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return PRIMITIVE_BYTES[resolved.name];
      case "string":
      case "list":
      case "resource":
        return 4;
      case "flags":
      case "enum":
        return labelBytes(resolved.kind, resolved.labels.length);
      case "record":
      case "tuple":
        return Math.max(1, ...this.fields(type).map((field) => this.alignment(field.type)));
      default:
        return Math.max(discriminantBytes(this.cases(type).length), this.#payloadAlignment(type));
    }
  }

  /** Size in bytes, trailing padding included. */
  size(type: WitType): number {
    const resolved = this.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return PRIMITIVE_BYTES[resolved.name];
      case "string":
      case "list":
        return 8;
      case "resource":
        return 4;
      case "flags":
      case "enum":
        return labelBytes(resolved.kind, resolved.labels.length);
      case "record":
      case "tuple": {
        const last = this.fields(type).at(-1);
        const end = last === undefined ? 0 : last.offset + this.size(last.type);
        return alignTo(end, this.alignment(type));
      }
      default: {
        const payload = Math.max(
          0,
          ...this.cases(type).map((one) => one.type === null ? 0 : this.size(one.type)),
        );
        return alignTo(this.payloadOffset(type) + payload, this.alignment(type));
      }
    }
  }

  /** The fields of a record or tuple, each at its place. */
  fields(type: WitType): PlacedField[] {
    const resolved = this.resolve(type);
    const fields = resolved.kind === "record"
      ? resolved.fields
      : resolved.kind === "tuple"
      ? resolved.members.map((member, index) => ({ name: `${index}`, type: member }))
      : [];
    return this.place(fields);
  }

  /** Puts values one after the other, each aligned. */
  place(fields: readonly { readonly name: string; readonly type: WitType }[]): PlacedField[] {
    let end = 0;
    return fields.map(({ name, type }) => {
      const offset = alignTo(end, this.alignment(type));
      end = offset + this.size(type);
      return { name, type, offset };
    });
  }

  /** The cases of a variant, option or result, in the order of their discriminants. */
  cases(type: WitType): readonly LayoutCase[] {
    const resolved = this.resolve(type);
    switch (resolved.kind) {
      case "variant":
        return resolved.cases;
      case "option":
        return [{ name: "none", type: null }, { name: "some", type: resolved.value }];
      case "result":
        return [{ name: "ok", type: resolved.ok }, { name: "err", type: resolved.error }];
      default:
        throw new RangeError(`Expected a variant, option or result but found ${resolved.kind}`);
    }
  }

  /** The number that stands for a label, for flags, or for which case of a variant a value is. */
  discriminant(type: WitType): "u8" | "u16" | "u32" {
    const { kind } = this.resolve(type);
    const bytes = kind === "enum" || kind === "flags"
      ? this.size(type)
      : discriminantBytes(this.cases(type).length);
    return bytes === 1 ? "u8" : bytes === 2 ? "u16" : "u32";
  }

  /** Where a variant's payload begins, in bytes from its start. */
  payloadOffset(type: WitType): number {
    return alignTo(discriminantBytes(this.cases(type).length), this.#payloadAlignment(type));
  }

  /** The core values a type is passed as. */
  flatten(type: WitType): CoreType[] {
    const resolved = this.resolve(type);
    switch (resolved.kind) {
      case "primitive":
        return [flatPrimitive(resolved.name)];
      case "string":
      case "list":
        return ["i32", "i32"];
      case "resource":
      case "enum":
        return ["i32"];
      case "flags":
        return ["i32"];
      case "record":
      case "tuple":
        return this.fields(type).flatMap((field) => this.flatten(field.type));
      default: {
        const joined: CoreType[] = [];
        for (const one of this.cases(type)) {
          if (one.type === null) continue;
          this.flatten(one.type).forEach((flat, index) => {
            const other = joined[index];
            joined[index] = other === undefined ? flat : joinCore(other, flat);
          });
        }
        return ["i32", ...joined];
      }
    }
  }

  #payloadAlignment(type: WitType): number {
    return Math.max(
      1,
      ...this.cases(type).map((one) => one.type === null ? 1 : this.alignment(one.type)),
    );
  }
}

/** Rounds up to a multiple. */
export function alignTo(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** Bytes of the number that tells a variant's cases apart. */
function discriminantBytes(cases: number): 1 | 2 | 4 {
  return cases <= 256 ? 1 : cases <= 65536 ? 2 : 4;
}

function labelBytes(kind: "flags" | "enum", labels: number): 1 | 2 | 4 {
  if (kind === "enum") return discriminantBytes(labels);
  if (labels > 32) throw new RangeError(`Expected at most 32 flags but found ${labels}`);
  return labels <= 8 ? 1 : labels <= 16 ? 2 : 4;
}

function flatPrimitive(name: PrimitiveName): CoreType {
  if (name === "f32" || name === "f64") return name;
  return name === "u64" || name === "s64" ? "i64" : "i32";
}

function joinCore(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return a === "i64" || b === "i64" || a === "f64" || b === "f64" ? "i64" : "i32";
}

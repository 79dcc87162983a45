/**
 * The part of WIT the contracts use, as data.
 *
 * @module
 */

/** Types that stand for one number, truth value or character. */
export type PrimitiveName =
  | "bool"
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "s8"
  | "s16"
  | "s32"
  | "s64"
  | "f32"
  | "f64"
  | "char";

/** A type as it is used: a built-in one or the name of a {@linkcode WitTypeDefinition}. */
export type WitType =
  | { readonly kind: "primitive"; readonly name: PrimitiveName }
  | { readonly kind: "string" }
  | { readonly kind: "list"; readonly element: WitType }
  | { readonly kind: "option"; readonly value: WitType }
  | { readonly kind: "result"; readonly ok: WitType | null; readonly error: WitType | null }
  | { readonly kind: "tuple"; readonly members: readonly WitType[] }
  | { readonly kind: "named"; readonly name: string };

/** A named place for a value: a record's field or a function's parameter. */
export interface WitField {
  /** Kebab-case. */
  readonly name: string;
  readonly type: WitType;
  /** Documentation without its slashes; empty if there is none. */
  readonly doc: string;
}

/** One case of a variant; `type` is null where it carries nothing. */
export interface WitCase {
  readonly name: string;
  readonly type: WitType | null;
  readonly doc: string;
}

/** A label of an enum or a flag. */
export interface WitLabel {
  readonly name: string;
  readonly doc: string;
}

/** A function. `self` is true for a resource's methods, whose receiver is not in `parameters`. */
export interface WitFunction {
  readonly name: string;
  /** `null` for a free function, else the resource it belongs to. */
  readonly resource: string | null;
  readonly kind: "free" | "static" | "method" | "constructor";
  readonly parameters: readonly WitField[];
  readonly result: WitType | null;
  readonly doc: string;
}

/** A type with a name. */
export type WitTypeDefinition =
  & { readonly name: string; readonly doc: string }
  & (
    | { readonly kind: "record"; readonly fields: readonly WitField[] }
    | { readonly kind: "variant"; readonly cases: readonly WitCase[] }
    | { readonly kind: "enum"; readonly labels: readonly WitLabel[] }
    | { readonly kind: "flags"; readonly labels: readonly WitLabel[] }
    | { readonly kind: "alias"; readonly type: WitType }
    | { readonly kind: "resource" }
  );

/** An interface: types and functions. */
export interface WitInterface {
  readonly name: string;
  readonly doc: string;
  readonly types: readonly WitTypeDefinition[];
  /** In the order of the source, resource functions among them. */
  readonly functions: readonly WitFunction[];
}

/** A world: the names of interfaces a component imports and exports. */
export interface WitWorld {
  readonly name: string;
  readonly doc: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** One WIT file. */
export interface WitPackage {
  /** `"kvpim:policy"` */
  readonly id: string;
  /** `"0.1.0"` */
  readonly version: string;
  readonly doc: string;
  readonly interfaces: readonly WitInterface[];
  readonly worlds: readonly WitWorld[];
}

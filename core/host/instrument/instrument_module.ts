import { ByteReader } from "../../../wasm/binary/byte_reader.ts";
import { signedLeb128, unsignedLeb128 } from "../../../wasm/binary/leb128.ts";
import {
  concatBytes,
  encodeName,
  readSections,
  type Section,
  SectionId,
  writeModule,
} from "../../../wasm/binary/sections.ts";
import { BranchHints, isBranchHints } from "./branch_hints.ts";
import { ValueType } from "./emit.ts";
import {
  type BlockTypeIndex,
  type Instrumentation,
  type InstrumentedGlobals,
  rewriteFunction,
  type RewrittenFunction,
} from "./function_rewriter.ts";
import { ForbiddenFeatureError, Op, readInstruction, readValueType } from "./instructions.ts";
import { type Arity, type ModuleShape, readLimits, readModuleShape } from "./module_shape.ts";

/** Module name of the globals an instrumented module imports. */
export const HOST_MODULE = "kvpim:host";

/** Bytes of a page of linear memory. */
export const PAGE_BYTES = 65536;

/** Largest function, which is held instruction by instruction; a JavaScript engine's has 200 KB. */
const MOST_FUNCTION_BYTES = 2 ** 20;

/** What a module may use. */
export interface ModuleLimits {
  /** Most pages its memory may grow to. */
  readonly memoryPages: number;
  /** Most entries of a table. */
  readonly tableEntries: number;
}

/** Thrown for a module that asks for more than its limits at the start, or is too large to read. */
export class ModuleLimitError extends Error {
  override readonly name = "ModuleLimitError";
}

/**
 * Rewrites a core module so that it counts fuel in a global it shares with the other modules of
 * its component, cannot grow beyond its limits, notes when growing failed, and shows no bit
 * pattern of a NaN but the canonical one. It imports three globals from `kvpim:host`: `fuel` (i64)
 * and `memory-exhausted` (i32), both mutable, and `refill`, a function that is called when the fuel
 * falls below zero and either fills it up or traps. As a global it moves no index of a function.
 *
 * @throws {ForbiddenFeatureError} if it uses what a plugin may not use
 * @throws {ModuleLimitError} if it starts with more memory or table entries than allowed, or a
 * function is too large
 * @throws {MalformedBinaryError} if it does not decode
 */
export function instrumentModule(
  module: Uint8Array,
  limits: ModuleLimits,
  what: Instrumentation,
): Uint8Array<ArrayBuffer> {
  const sections = readSections(module);
  const shape = readModuleShape(sections);
  if (shape.imports.some((one) => one.module === HOST_MODULE)) {
    throw new ForbiddenFeatureError(`an import from ${HOST_MODULE}`);
  }
  const globals: InstrumentedGlobals = {
    fuel: shape.importedGlobals,
    memoryExhausted: shape.importedGlobals + 1,
    refill: shape.importedGlobals + 2,
    refillType: shape.types.length,
    moved: (index) => index < shape.importedGlobals ? index : index + 3,
  };
  const addedTypes: number[][] = [[0x60, 0, 0]];
  const blockType: BlockTypeIndex = (results) => {
    addedTypes.push([0x60, 0, ...unsignedLeb128(results.length), ...results]);
    return shape.types.length + addedTypes.length - 1;
  };
  const rewrite: RewriteFunction = (code, type) =>
    rewriteFunction(code, type, shape, globals, what, blockType);
  const hints = new BranchHints();
  const rewritten = sections.map((section): Section => {
    const reader = new ByteReader(section.body);
    switch (section.id) {
      case SectionId.import:
        return { id: section.id, body: withHostGlobals(section.body, globals) };
      case SectionId.table:
        return { id: section.id, body: limitTables(reader, limits) };
      case SectionId.memory:
        return { id: section.id, body: limitMemory(reader, limits) };
      case SectionId.global:
        return { id: section.id, body: moveGlobals(reader, globals) };
      case SectionId.export:
        return { id: section.id, body: moveExports(reader, globals) };
      case SectionId.element:
        return { id: section.id, body: moveElements(reader, globals) };
      case SectionId.data:
        return { id: section.id, body: moveData(reader, globals) };
      case SectionId.code:
        return { id: section.id, body: rewriteCode(reader, shape, rewrite, hints) };
      case SectionId.tag:
        throw new ForbiddenFeatureError("exceptions");
      default:
        return section;
    }
  });
  if (!rewritten.some(({ id }) => id === SectionId.import)) {
    const at = rewritten.findIndex(({ id }) => id !== SectionId.custom && id > SectionId.import);
    const added = { id: SectionId.import, body: withHostGlobals(Uint8Array.of(0), globals) };
    rewritten.splice(at < 0 ? rewritten.length : at, 0, added);
  }
  return writeModule(withHints(addTypes(rewritten, addedTypes), hints));
}

/** Of a type whose index follows. */
const NON_NULL_REFERENCE = 0x64;

function withHostGlobals(body: Uint8Array, { refillType }: InstrumentedGlobals): Uint8Array {
  const reader = new ByteReader(body);
  const count = reader.u32();
  const host = encodeName(HOST_MODULE);
  return concatBytes([
    unsignedLeb128(count + 3),
    body.subarray(reader.at),
    [...host, ...encodeName("fuel"), 3, ValueType.i64, 1],
    [...host, ...encodeName("memory-exhausted"), 3, ValueType.i32, 1],
    [...host, ...encodeName("refill"), 3, NON_NULL_REFERENCE, ...signedLeb128(refillType), 0],
  ]);
}

function addTypes(sections: readonly Section[], added: readonly number[][]): Section[] {
  if (!sections.some(({ id }) => id === SectionId.type)) {
    const body = concatBytes([unsignedLeb128(added.length), ...added]);
    return [{ id: SectionId.type, body }, ...sections];
  }
  return sections.map((section) => {
    if (section.id !== SectionId.type) return section;
    const reader = new ByteReader(section.body);
    const count = reader.u32();
    const body = concatBytes([
      unsignedLeb128(count + added.length),
      section.body.subarray(reader.at),
      ...added,
    ]);
    return { id: section.id, body };
  });
}

/** Puts hints before the code; others, whose places have moved, are dropped. */
function withHints(sections: readonly Section[], hints: BranchHints): Section[] {
  const kept = sections.filter((section) => !isBranchHints(section));
  const code = kept.findIndex(({ id }) => id === SectionId.code);
  return code < 0 ? kept : kept.toSpliced(code, 0, hints.section());
}

function limitMemory(reader: ByteReader, { memoryPages }: ModuleLimits): Uint8Array {
  const count = reader.u32();
  if (count > 1) throw new ForbiddenFeatureError("several memories");
  if (count === 0) return Uint8Array.of(0);
  const { minimum, maximum } = readLimits(reader);
  if (minimum > memoryPages) {
    throw new ModuleLimitError(
      `Expected at most ${memoryPages} pages of memory at the start but found ${minimum}`,
    );
  }
  const most = Math.min(maximum, memoryPages);
  return Uint8Array.from([1, 1, ...unsignedLeb128(minimum), ...unsignedLeb128(most)]);
}

function limitTables(reader: ByteReader, { tableEntries }: ModuleLimits): Uint8Array {
  const count = reader.u32();
  const pieces = [unsignedLeb128(count)];
  for (let i = 0; i < count; i++) {
    const type = readValueType(reader);
    const { minimum, maximum } = readLimits(reader);
    if (minimum > tableEntries) {
      throw new ModuleLimitError(
        `Expected a table of at most ${tableEntries} entries but found ${minimum}`,
      );
    }
    const most = Math.min(maximum, tableEntries);
    pieces.push([type, 1, ...unsignedLeb128(minimum), ...unsignedLeb128(most)]);
  }
  return concatBytes(pieces);
}

/** Copies a constant expression, with the globals in it moved. */
function moveExpression(reader: ByteReader, globals: InstrumentedGlobals): number[] {
  const bytes: number[] = [];
  for (;;) {
    const { code, start, end, index } = readInstruction(reader);
    if (code === Op.globalGet) bytes.push(code, ...unsignedLeb128(globals.moved(index)));
    else bytes.push(...reader.bytes.subarray(start, end));
    if (code === Op.end) return bytes;
  }
}

function moveGlobals(reader: ByteReader, globals: InstrumentedGlobals): Uint8Array {
  const count = reader.u32();
  const pieces = [unsignedLeb128(count)];
  for (let i = 0; i < count; i++) {
    pieces.push([readValueType(reader), reader.byte(), ...moveExpression(reader, globals)]);
  }
  return concatBytes(pieces);
}

const GLOBAL_EXPORT = 3;

function moveExports(reader: ByteReader, globals: InstrumentedGlobals): Uint8Array {
  const count = reader.u32();
  const pieces = [unsignedLeb128(count)];
  for (let i = 0; i < count; i++) {
    const name = encodeName(reader.name());
    const kind = reader.byte();
    const index = reader.u32();
    const moved = kind === GLOBAL_EXPORT ? globals.moved(index) : index;
    pieces.push([...name, kind, ...unsignedLeb128(moved)]);
  }
  return concatBytes(pieces);
}

/** Element segments: three flag bits say what each holds. */
function moveElements(reader: ByteReader, globals: InstrumentedGlobals): Uint8Array {
  const count = reader.u32();
  const pieces: (Uint8Array | number[])[] = [unsignedLeb128(count)];
  const copy = (read: () => void): void => {
    const start = reader.at;
    read();
    pieces.push(reader.bytes.subarray(start, reader.at));
  };
  for (let i = 0; i < count; i++) {
    const flags = reader.u32();
    const isActive = (flags & 1) === 0;
    const hasKind = (flags & 3) !== 0;
    const hasExpressions = (flags & 4) !== 0;
    pieces.push(unsignedLeb128(flags));
    if (isActive && (flags & 2) !== 0) copy(() => reader.u32());
    if (isActive) pieces.push(moveExpression(reader, globals));
    if (hasKind) copy(() => hasExpressions ? readValueType(reader) : reader.byte());
    const entries = reader.u32();
    pieces.push(unsignedLeb128(entries));
    if (hasExpressions) {
      for (let entry = 0; entry < entries; entry++) pieces.push(moveExpression(reader, globals));
    } else {
      copy(() => {
        for (let entry = 0; entry < entries; entry++) reader.u32();
      });
    }
  }
  return concatBytes(pieces);
}

function moveData(reader: ByteReader, globals: InstrumentedGlobals): Uint8Array {
  const count = reader.u32();
  const pieces: (Uint8Array | number[])[] = [unsignedLeb128(count)];
  for (let i = 0; i < count; i++) {
    const flags = reader.u32();
    pieces.push(unsignedLeb128(flags));
    if (flags === 2) pieces.push(unsignedLeb128(reader.u32()));
    if (flags !== 1) pieces.push(moveExpression(reader, globals));
    const length = reader.u32();
    pieces.push(unsignedLeb128(length), reader.take(length));
  }
  return concatBytes(pieces);
}

type RewriteFunction = (code: Uint8Array, type: Arity) => RewrittenFunction;

function rewriteCode(
  reader: ByteReader,
  shape: ModuleShape,
  rewrite: RewriteFunction,
  hints: BranchHints,
): Uint8Array {
  const count = reader.u32();
  const pieces: (Uint8Array | number[])[] = [unsignedLeb128(count)];
  for (let i = 0; i < count; i++) {
    const code = reader.take(reader.u32());
    if (code.length > MOST_FUNCTION_BYTES) {
      throw new ModuleLimitError(
        `Expected a function of at most ${MOST_FUNCTION_BYTES} bytes but found ${code.length}`,
      );
    }
    const type = shape.types[shape.functions[shape.importedFunctions + i] ?? -1];
    if (type === undefined) throw new ForbiddenFeatureError("a function without a type");
    const { body, unlikely } = rewrite(code, type);
    hints.add(shape.importedFunctions + i, unlikely);
    pieces.push(unsignedLeb128(body.length), body);
  }
  return concatBytes(pieces);
}

import { ByteReader, MalformedBinaryError } from "../../wasm/binary/byte_reader.ts";
import { binaryKind, MOST_SECTIONS, readSections } from "../../wasm/binary/sections.ts";

/** Components in components that are followed. */
const MOST_LEVELS = 100;
/** Most imports, and most exports, of a component. */
const MOST_NAMES = 1000;
/** Longest name of an import or export, in bytes. */
const LONGEST_NAME = 1000;

/** What a component asks for, gives, and is made of. */
export interface ComponentOutline {
  /** Names of what it imports. */
  readonly imports: readonly string[];
  /** Names of what it exports. */
  readonly exports: readonly string[];
  /** Its core modules, those of nested components too. */
  readonly modules: readonly Uint8Array[];
}

const ComponentSection = { coreModule: 1, component: 4, import: 10, export: 11 } as const;

/**
 * Reads the outline of a component (component-model repository, design/mvp/Binary.md).
 *
 * @throws {MalformedBinaryError} if it does not decode, or has more of anything than any compiler
 * writes
 */
export function readComponent(bytes: Uint8Array): ComponentOutline {
  const modules: Uint8Array[] = [];
  return { ...readLevel(bytes, 0, { modules, sections: 0 }), modules };
}

/** What was found in a component and those within it. */
interface Found {
  readonly modules: Uint8Array[];
  sections: number;
}

function readLevel(bytes: Uint8Array, level: number, found: Found) {
  if (level > MOST_LEVELS) {
    throw new MalformedBinaryError(`Expected at most ${MOST_LEVELS} components in each other`);
  }
  const sections = readSections(bytes, MOST_SECTIONS - found.sections);
  found.sections += sections.length;
  const imports: string[] = [];
  const exports: string[] = [];
  for (const { id, body } of sections) {
    if (id === ComponentSection.coreModule) found.modules.push(body);
    if (id === ComponentSection.import) readNames(body, imports, skipExternDescription);
    if (id === ComponentSection.export) readNames(body, exports, skipExportTarget);
    if (id === ComponentSection.component && binaryKind(body) === "component") {
      readLevel(body, level + 1, found);
    }
  }
  return { imports, exports };
}

/** Adds the names in a section to those found before. */
function readNames(body: Uint8Array, names: string[], skipRest: (reader: ByteReader) => void) {
  const reader = new ByteReader(body);
  for (let left = reader.u32(); left > 0; left--) {
    if (names.length === MOST_NAMES) {
      throw new MalformedBinaryError(
        `Expected at most ${MOST_NAMES} imports and ${MOST_NAMES} exports`,
      );
    }
    const hasVersionSuffix = reader.byte() === 2;
    const name = reader.name(LONGEST_NAME);
    if (hasVersionSuffix) reader.name(LONGEST_NAME);
    skipRest(reader);
    names.push(name);
  }
}

const CORE_SORT = 0x00;

/** The sort and index of what is exported, and an optional type. */
function skipExportTarget(reader: ByteReader): void {
  if (reader.byte() === CORE_SORT) reader.byte();
  reader.u32();
  if (reader.byte() === 1) skipExternDescription(reader);
}

const ExternKind = { coreModule: 0, function: 1, value: 2, type: 3, component: 4, instance: 5 };

function skipExternDescription(reader: ByteReader): void {
  switch (reader.byte()) {
    case ExternKind.coreModule:
      reader.byte();
      reader.u32();
      return;
    case ExternKind.value:
      if (reader.byte() === 0) reader.u32();
      else reader.skipLeb128();
      return;
    case ExternKind.type:
      if (reader.byte() === 0) reader.u32();
      return;
    default:
      reader.u32();
  }
}

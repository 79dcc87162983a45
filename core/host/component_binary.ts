import { ByteReader } from "../../wasm/binary/byte_reader.ts";
import { binaryKind, readSections } from "../../wasm/binary/sections.ts";

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
 * @throws {MalformedBinaryError} if it does not decode
 */
export function readComponent(bytes: Uint8Array): ComponentOutline {
  const imports: string[] = [];
  const exports: string[] = [];
  const modules: Uint8Array[] = [];
  for (const { id, body } of readSections(bytes)) {
    if (id === ComponentSection.coreModule) modules.push(body);
    if (id === ComponentSection.import) imports.push(...readNames(body, false));
    if (id === ComponentSection.export) exports.push(...readNames(body, true));
    if (id === ComponentSection.component && binaryKind(body) === "component") {
      modules.push(...readComponent(body).modules);
    }
  }
  return { imports, exports, modules };
}

function readNames(body: Uint8Array, isExport: boolean): string[] {
  const reader = new ByteReader(body);
  return Array.from({ length: reader.u32() }, () => {
    const hasVersionSuffix = reader.byte() === 2;
    const name = reader.name();
    if (hasVersionSuffix) reader.name();
    if (isExport) skipExportTarget(reader);
    else skipExternDescription(reader);
    return name;
  });
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

import { ByteReader } from "./byte_reader.ts";
import { unsignedLeb128 } from "./leb128.ts";
import { concatBytes, encodeName, readSections, SectionId, writeModule } from "./sections.ts";

/**
 * Gives exports of a core module other names; names that are not in the map stay.
 * AssemblyScript can export only identifiers, the canonical ABI wants names such as `a:b/c#d`.
 */
export function renameExports(
  module: Uint8Array,
  names: ReadonlyMap<string, string>,
): Uint8Array<ArrayBuffer> {
  return writeModule(
    readSections(module).map((section) => {
      if (section.id !== SectionId.export) return section;
      const reader = new ByteReader(section.body);
      const count = reader.u32();
      const pieces: number[][] = [unsignedLeb128(count)];
      for (let i = 0; i < count; i++) {
        const name = reader.name();
        pieces.push([
          ...encodeName(names.get(name) ?? name),
          reader.byte(),
          ...unsignedLeb128(reader.u32()),
        ]);
      }
      return { id: section.id, body: concatBytes(pieces) };
    }),
  );
}

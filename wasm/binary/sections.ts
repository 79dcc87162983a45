import { ByteReader, MalformedBinaryError } from "./byte_reader.ts";
import { unsignedLeb128 } from "./leb128.ts";

/** A section of a module or component. */
export interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

/** Ids of a core module's sections. */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** What the eight bytes at the start of a binary say it is. */
export type BinaryKind = "module" | "component" | "unknown";

const PREAMBLES: Record<Exclude<BinaryKind, "unknown">, readonly number[]> = {
  module: [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  component: [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0],
};

/** Tells modules, components and anything else apart. */
export function binaryKind(bytes: Uint8Array): BinaryKind {
  for (const kind of ["module", "component"] as const) {
    if (PREAMBLES[kind].every((byte, index) => bytes[index] === byte)) return kind;
  }
  return "unknown";
}

/** Most sections of a binary. Compilers write dozens; of empty ones 32 MiB hold 16 million. */
export const MOST_SECTIONS = 2 ** 16;

/**
 * Splits a module or component into sections.
 *
 * @param most sections it may have
 * @throws {MalformedBinaryError} if the lengths do not add up, or there are more sections
 */
export function readSections(bytes: Uint8Array, most: number = MOST_SECTIONS): Section[] {
  if (binaryKind(bytes) === "unknown") {
    throw new MalformedBinaryError("Expected a WebAssembly binary");
  }
  const reader = new ByteReader(bytes, 8);
  const sections: Section[] = [];
  while (!reader.done) {
    if (sections.length === most) {
      throw new MalformedBinaryError(`Expected at most ${MOST_SECTIONS} sections`);
    }
    const id = reader.byte();
    sections.push({ id, body: reader.take(reader.u32()) });
  }
  return sections;
}

/** Joins pieces into one array. */
export function concatBytes(
  pieces: readonly (Uint8Array | readonly number[])[],
): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Writes a core module. */
export function writeModule(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  return concatBytes([
    PREAMBLES.module,
    ...sections.flatMap(({ id, body }) => [[id, ...unsignedLeb128(body.length)], body]),
  ]);
}

/** A length and UTF-8 bytes. */
export function encodeName(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...unsignedLeb128(bytes.length), ...bytes];
}

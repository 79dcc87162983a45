import { CheckpointError } from "./checkpoint_error.ts";
import type { RandomAccessFile } from "./random_access_file.ts";

/** A file in a zip archive that is stored as it is, uncompressed. */
export interface StoredEntry {
  /** Of its first byte, from the beginning of the archive. */
  readonly byteOffset: number;
  readonly bytes: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64_LOCATOR = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
/** A field this full means that the real value is in the 64-bit record. */
const FULL = 0xffffffff;

/**
 * Lists the files of a zip archive, as torch.save writes them: none compressed, any size.
 *
 * @throws {CheckpointError} when it is no zip archive, damaged, or has compressed files
 */
export function listZip(file: RandomAccessFile): Map<string, StoredEntry> {
  try {
    return listEntries(file);
  } catch (error) {
    // A field that leads out of the directory.
    if (!(error instanceof RangeError) || error instanceof CheckpointError) throw error;
    throw new CheckpointError(file.path, "", "a sound zip directory", error.message);
  }
}

function listEntries(file: RandomAccessFile): Map<string, StoredEntry> {
  const { entries, offset, bytes } = findDirectory(file);
  const directory = file.read(offset, bytes);
  const view = new DataView(directory.buffer);
  const found = new Map<string, StoredEntry>();
  for (let at = 0, i = 0; i < entries; i++) {
    if (at + 46 > bytes || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      throw new CheckpointError(file.path, `entry ${i} of the zip directory`, "a header", "none");
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameBytes));
    if (view.getUint16(at + 10, true) !== 0) {
      throw new CheckpointError(file.path, name, "an uncompressed file", "a compressed one");
    }
    const extra = new DataView(directory.buffer, at + 46 + nameBytes, extraBytes);
    found.set(name, locate(file, view, at, extra));
    at += 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
  }
  return found;
}

/** Finds the directory at the end of the archive. */
function findDirectory(file: RandomAccessFile) {
  const tailBytes = Math.min(file.size, 22 + 65535);
  const tailOffset = file.size - tailBytes;
  const view = new DataView(file.read(tailOffset, tailBytes).buffer);
  for (let at = tailBytes - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_OF_DIRECTORY) continue;
    if (at >= 20 && view.getUint32(at - 20, true) === END_OF_DIRECTORY_64_LOCATOR) {
      return readDirectory64(file, Number(view.getBigUint64(at - 12, true)));
    }
    return {
      entries: view.getUint16(at + 10, true),
      bytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
  }
  throw new CheckpointError(file.path, "", "a zip archive as torch.save writes it", "none");
}

function readDirectory64(file: RandomAccessFile, offset: number) {
  const view = new DataView(file.read(offset, 56).buffer);
  return {
    entries: Number(view.getBigUint64(32, true)),
    bytes: Number(view.getBigUint64(40, true)),
    offset: Number(view.getBigUint64(48, true)),
  };
}

function locate(
  file: RandomAccessFile,
  directory: DataView,
  at: number,
  extra: DataView,
): StoredEntry {
  let bytes = directory.getUint32(at + 24, true);
  const packed = directory.getUint32(at + 20, true);
  let header = directory.getUint32(at + 42, true);
  const wide = wideFields(extra);
  if (bytes === FULL) bytes = wide.shift() ?? bytes;
  if (packed === FULL) wide.shift();
  if (header === FULL) header = wide.shift() ?? header;
  const local = new DataView(file.read(header, 30).buffer);
  if (local.getUint32(0, true) !== LOCAL_HEADER) {
    throw new CheckpointError(file.path, `byte ${header}`, "a zip file header", "none");
  }
  const byteOffset = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  return { byteOffset, bytes };
}

/** The 64-bit values of an entry, in the order of the fields they stand for. */
function wideFields(extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const bytes = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1) {
      return Array.from(
        { length: Math.floor(bytes / 8) },
        (_, i) => Number(extra.getBigUint64(at + 4 + 8 * i, true)),
      );
    }
    at += 4 + bytes;
  }
  return [];
}

import { accessFile } from "./access_file.ts";
import { CheckpointError } from "./checkpoint_error.ts";

/** A file read by byte ranges, so that a checkpoint is never in memory as a whole. */
export class RandomAccessFile implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(readonly path: string, file: Deno.FsFile, readonly size: number) {
    this.#file = file;
  }

  /**
   * Opens a file for reading.
   *
   * @throws {CheckpointError} when there is none, it is a folder or may not be read
   */
  static open(path: string): RandomAccessFile {
    return accessFile(path, () => {
      const file = Deno.openSync(path, { read: true });
      try {
        const { size, isDirectory } = file.statSync();
        if (isDirectory) throw new CheckpointError(path, "", "a file", "a folder");
        return new RandomAccessFile(path, file, size);
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  /**
   * Reads `length` bytes from `offset` on.
   *
   * @throws {CheckpointError} when the file ends before
   */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (offset + length > this.size) {
      const place = `byte ${offset}`;
      throw new CheckpointError(this.path, place, `${length} bytes`, "fewer: truncated");
    }
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < length) {
      const count = this.#file.readSync(bytes.subarray(filled));
      if (count === null) throw new Error(`Expected ${this.path} to keep its size`);
      filled += count;
    }
    return bytes;
  }

  [Symbol.dispose]() {
    this.#file.close();
  }
}

import { crc32, inflateRawSync } from "node:zlib";
import * as v from "valibot";
import { describeIssue } from "../files/issue_words.ts";
import type { ByteStream } from "./byte_stream.ts";
import { FRAME_PREFIX_BYTES, FrameKind, MAGIC, MAX_BODY_BYTES } from "./trace_format.ts";

/** A file that is no sound attention trace; the message says which file, where, and why. */
export class TraceFormatError extends Error {
  override readonly name = "TraceFormatError";
}

/** The name of a kind of frame. */
type FrameName = keyof typeof FrameKind;

/** A frame whose checksum is right. */
export interface Frame {
  readonly kind: FrameName;
  readonly body: Uint8Array;
  /** Bytes of the file before it. */
  readonly offset: number;
}

const FRAME_NAMES = Object.keys(FrameKind) as FrameName[];

/** Takes a trace apart into frames. */
export class FrameReader {
  constructor(readonly stream: ByteStream, readonly name: string) {}

  /** Bytes of the file read so far. */
  get offset(): number {
    return this.stream.offset;
  }

  /** What to throw at some place of the file. */
  error(offset: number, expected: string, found: string): TraceFormatError {
    return new TraceFormatError(
      `${this.name} byte ${offset}: expected ${expected} but found ${found}`,
    );
  }

  /** Reads past the first bytes. */
  async expectMagic() {
    const bytes = await this.stream.take(MAGIC.length);
    if (bytes.length !== MAGIC.length || bytes.some((byte, i) => byte !== MAGIC[i])) {
      const found = JSON.stringify(new TextDecoder("latin1").decode(bytes));
      throw this.error(0, `an attention trace ("kvpim-at")`, found);
    }
  }

  /** Refuses bytes behind the end. */
  async expectNothing() {
    const offset = this.offset;
    const rest = await this.stream.take(1);
    if (rest.length > 0) throw this.error(offset, "the end of the file", "more bytes");
  }

  /** The next frame; none at the end of the file, or with `interrupted` where it was cut. */
  async next(interrupted = false): Promise<Frame | undefined> {
    const offset = this.offset;
    const prefix = await this.stream.take(FRAME_PREFIX_BYTES);
    if (prefix.length === 0) return undefined;
    if (prefix.length < FRAME_PREFIX_BYTES) {
      if (interrupted) return undefined;
      throw this.error(offset, `${FRAME_PREFIX_BYTES} bytes of a frame`, `${prefix.length}`);
    }
    const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
    const kind = FRAME_NAMES.find((name) => FrameKind[name] === view.getUint8(0));
    const [storedBytes, bodyBytes] = [view.getUint32(1, true), view.getUint32(5, true)];
    if (!kind) throw this.error(offset, "a kind of frame", `${view.getUint8(0)}`);
    if (Math.max(storedBytes, bodyBytes) > MAX_BODY_BYTES) {
      const found = `${Math.max(storedBytes, bodyBytes)}`;
      throw this.error(offset, `a body of at most ${MAX_BODY_BYTES} bytes`, found);
    }
    const stored = await this.stream.take(storedBytes);
    if (stored.length < storedBytes) {
      if (interrupted) return undefined;
      throw this.error(offset, `a frame of ${storedBytes} bytes`, `${stored.length}`);
    }
    const checksum = crc32(stored, crc32(prefix.subarray(0, 9)));
    if (checksum !== view.getUint32(9, true)) {
      const expected = `checksum ${view.getUint32(9, true).toString(16)}`;
      throw this.error(offset, expected, checksum.toString(16));
    }
    return { kind, offset, body: this.#inflate(stored, bodyBytes, offset) };
  }

  /** The body as JSON of the right form. */
  json<Schema extends v.GenericSchema>(frame: Frame, schema: Schema): v.InferOutput<Schema> {
    const text = new TextDecoder().decode(frame.body);
    const value: unknown = this.guard(frame, () => JSON.parse(text));
    const result = v.safeParse(schema, value);
    if (result.success) return result.output;
    const { place, expected, found } = describeIssue(result.issues[0]);
    throw this.error(frame.offset, `${place || "the whole"} to be ${expected}`, found);
  }

  /** Runs something that throws where a body is malformed. */
  guard<T>(frame: Frame, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.error(frame.offset, `a sound ${frame.kind} frame`, (error as Error).message);
    }
  }

  /** Ends the source. */
  async close() {
    await this.stream.close();
  }

  #inflate(stored: Uint8Array, bodyBytes: number, offset: number): Uint8Array {
    let body: Uint8Array;
    try {
      body = inflateRawSync(stored, { maxOutputLength: Math.max(1, bodyBytes) });
    } catch (error) {
      throw this.error(offset, "a compressed body", (error as Error).message);
    }
    if (body.length !== bodyBytes) {
      throw this.error(offset, `a body of ${bodyBytes} bytes`, `${body.length}`);
    }
    return body;
  }
}

/**
 * Text traces from files and standard input, plain or gzip, a block of lines at a time.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { errorWords } from "../../../core/files/error_words.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";

/** A request takes a few dozen characters: what is longer is no trace. */
const LONGEST_LINE = 65_536;

/**
 * Reads the lines of a trace without their ends.
 *
 * @param path a file, or `"-"` for standard input
 * @throws {UserError} when it cannot be read or is not text
 */
export async function* traceLines(
  path: string,
  input: Surroundings["input"],
): AsyncGenerator<string[]> {
  let lines = 0;
  let rest = "";
  for await (const text of textOf(path, input)) {
    const block = (rest + text).split("\n");
    rest = block.pop()!;
    lines += block.length;
    if (rest.length > LONGEST_LINE) {
      throw new UserError(
        `${path} line ${lines + 1}: expected a request such as "PIM_MAC_AB 0x00000020" but ` +
          `found a line of more than ${LONGEST_LINE} characters`,
      );
    }
    yield block.map(withoutReturn);
  }
  if (rest !== "") yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

async function* textOf(path: string, input: Surroundings["input"]): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of plainBytes(path === "-" ? input() : createReadStream(path))) {
      yield decoder.decode(bytes, { stream: true });
    }
  } catch (error) {
    throw new UserError(
      `--trace: expected a text trace, plain or gzip, but found ${path}: ${
        errorWords(error, "reason")
      }`,
    );
  }
}

async function* plainBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  const first = await pieces.next();
  if (first.done) return;
  const all = rejoined(first.value, pieces);
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  yield* isGzip ? gunzipped(all) : all;
}

async function* rejoined(first: Uint8Array, others: AsyncIterator<Uint8Array>) {
  yield first;
  yield* { [Symbol.asyncIterator]: () => others };
}

async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const source = Readable.from(bytes);
  source.on("error", (error) => gunzip.destroy(error));
  yield* source.pipe(gunzip);
}

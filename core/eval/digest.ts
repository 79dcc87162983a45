import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { unreadableFile } from "./read_text.ts";

/** SHA-256 of a text in UTF-8, hexadecimal. */
export function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** SHA-256 of pieces one after the other, hexadecimal. */
export function digestBytes(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/**
 * SHA-256 of a file, hexadecimal, without holding it whole.
 *
 * @throws {EvaluationInputError} if it cannot be read
 */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path)) hash.update(piece);
  } catch (error) {
    throw unreadableFile(path, error);
  }
  return hash.digest("hex");
}

/**
 * Content inside JSON: text as it is, other bytes in base64.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as v from "valibot";

/** Schema of content inside JSON. */
export const contentTextSchema = v.union([v.string(), v.strictObject({ base64: v.string() })]);

/** Content inside JSON. */
export type ContentText = v.InferOutput<typeof contentTextSchema>;

/**
 * Content as JSON can hold it.
 *
 * @example
 * ```ts
 * import { contentText } from "./content_text.ts";
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * equal(contentText(new TextEncoder().encode("µ")), "µ");
 * deepEqual(contentText(Uint8Array.of(0xff)), { base64: "/w==" });
 * ```
 */
export function contentText(content: Uint8Array): ContentText {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return { base64: Buffer.from(content).toString("base64") };
  }
}

/** The content that {@linkcode contentText} wrote. */
export function contentOf(text: ContentText): Uint8Array<ArrayBuffer> {
  return typeof text === "string"
    ? new TextEncoder().encode(text)
    : new Uint8Array(Buffer.from(text.base64, "base64"));
}

import type { Context } from "hono";

/** What never changes may be kept for a year. */
const SECONDS = 365 * 24 * 60 * 60;

/**
 * Answers with bytes that never change: with a tag, and with nothing where the caller has them.
 *
 * @param bytes nothing is said of them where they cannot be given
 * @param tag stands for the bytes
 * @param fileName what the caller is told to call them
 */
export function answerImmutable(c: Context, bytes: () => string | Uint8Array<ArrayBuffer>, {
  tag,
  type,
  fileName,
}: { readonly tag: string; readonly type: string; readonly fileName?: string }) {
  const etag = `"${tag}"`;
  const asked = c.req.header("if-none-match");
  const body = asked && matches(asked, etag) ? null : bytes();
  c.header("etag", etag);
  c.header("cache-control", `private, max-age=${SECONDS}, immutable`);
  if (fileName !== undefined) c.header("content-disposition", `inline; filename="${fileName}"`);
  return body === null ? c.body(null, 304) : c.body(body, 200, { "content-type": type });
}

function matches(asked: string, etag: string): boolean {
  return asked === "*" || asked.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

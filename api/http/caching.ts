import type { Context } from "hono";

/** What never changes may be kept for a year. */
const SECONDS = 365 * 24 * 60 * 60;

/**
 * Answers with bytes that never change: with a tag, and with nothing where the caller has them.
 *
 * @param tag stands for the bytes
 */
export function answerImmutable(c: Context, bytes: () => string | Uint8Array<ArrayBuffer>, {
  tag,
  type,
}: { readonly tag: string; readonly type: string }) {
  const etag = `"${tag}"`;
  c.header("etag", etag);
  c.header("cache-control", `private, max-age=${SECONDS}, immutable`);
  const asked = c.req.header("if-none-match");
  if (asked && matches(asked, etag)) return c.body(null, 304);
  return c.body(bytes(), 200, { "content-type": type });
}

function matches(asked: string, etag: string): boolean {
  return asked === "*" || asked.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

/**
 * Who may ask: a caller with the token, or one on this machine where there is none.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { sha256 } from "../../../core/run/digest.ts";
import { ProblemError } from "../problem.ts";

/** Names a machine has for itself. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Answered whoever asks: says only that the service is there. */
const OPEN = "/healthz";

/**
 * Refuses a token that no header could carry. What it is is not said: it is a secret.
 *
 * @throws {RangeError} when it is one
 *
 * @example
 * ```ts
 * import { checkToken } from "./guard.ts";
 * import { throws } from "node:assert/strict";
 *
 * checkToken("s3cret");
 * throws(() => checkToken("my secret"), { message: /^Expected a token of visible ASCII/ });
 * ```
 */
export function checkToken(token: string) {
  if (/^[\x21-\x7e]+$/.test(token)) return;
  const found = token === "" ? "an empty one" : "others in it, or a space";
  throw new RangeError(`Expected a token of visible ASCII characters but found ${found}`);
}

/** Options of {@linkcode guard}. */
interface GuardOptions {
  /** What a caller must send, as a bearer token or as the password of basic authentication. */
  readonly token?: string | undefined;
}

/**
 * Refuses callers without the token. Without a token it refuses names of this machine that are not
 * its own, by which a site could have a browser reach it, and requests that another site began.
 *
 * @param options.token default: none
 * @throws {RangeError} when no header could carry the token
 */
export function guard({ token }: GuardOptions): MiddlewareHandler {
  if (token !== undefined) checkToken(token);
  return async function guard(c, next) {
    if (c.req.path !== OPEN) {
      const host = c.req.header("host") ?? new URL(c.req.url).host;
      if (token === undefined && !LOOPBACK.test(host)) {
        throw new ProblemError("forbidden", "Expected a host such as localhost but found another");
      }
      if (c.req.header("sec-fetch-site") === "cross-site" && c.req.method !== "GET") {
        throw new ProblemError("forbidden", "Expected a request of this site but found another's");
      }
      if (token !== undefined && !carries(c.req.header("authorization"), token)) {
        throw new ProblemError("unauthorised", "Expected the token of this service", {}, {
          "www-authenticate": 'Bearer, Basic realm="kvpim: any name, the token as password"',
        });
      }
    }
    await next();
  };
}

function carries(header: string | undefined, token: string): boolean {
  const found = /^(Bearer|Basic) +(\S+)$/i.exec(header ?? "");
  if (!found) return false;
  const isBasic = found[1]!.toLowerCase() === "basic";
  const given = isBasic ? passwordOf(found[2]!) : found[2]!;
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
}

function passwordOf(basic: string): string {
  return Buffer.from(basic, "base64").toString().replace(/^[^:]*:/, "");
}

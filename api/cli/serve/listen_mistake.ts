/**
 * Addresses and ports that cannot be listened on, in words for the one who named them.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { errorCode } from "../../../core/files/error_words.ts";
import { unexpected, UserError } from "../user_error.ts";

/** What a system says of an address that is none of its own. */
const FOREIGN = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"];

/** @throws {UserError} when a text is neither an address nor a name that has one */
export async function checkHost(host: string) {
  if (isIP(host) || (host !== "" && await lookup(host).then(() => true, () => false))) return;
  throw foreign(host);
}

/** The mistake because of which nothing listens, or the error itself where it is none. */
export function listenMistake(error: unknown, host: string, port: number): unknown {
  if (error instanceof Deno.errors.AddrInUse) {
    return new UserError(`--port: expected a free port but found ${port} in use`);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new UserError(`--port: expected a port that you may listen on but found ${port}`);
  }
  return FOREIGN.includes(errorCode(error) ?? "") ? foreign(host) : error;
}

function foreign(host: string): UserError {
  return new UserError(
    `--host: ${unexpected("an address or a name of this machine", host).message}`,
  );
}

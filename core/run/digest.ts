import { createHash } from "node:crypto";

/**
 * SHA-256 in hexadecimal.
 *
 * @example
 * ```ts
 * import { sha256 } from "./digest.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(sha256("kvpim").slice(0, 8), "f470884a");
 * ```
 */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Components of others, from what a command line names.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { errorWords } from "../../core/files/error_words.ts";
import { readBytes } from "../../core/files/read_bytes.ts";
import { UserError } from "./user_error.ts";

/** Far more than a component of any language here takes. */
export const MOST_COMPONENT_BYTES = 2 ** 28;

/**
 * The component at a path, or of a plugin's folder there, which is built.
 *
 * @returns nothing where there is no such path
 * @throws {UserError} when it cannot be read
 * @throws {CompileError} when the folder's source does not compile
 */
export async function componentAt(path: string): Promise<Uint8Array | undefined> {
  if (!existsSync(path)) return undefined;
  if (statSync(path).isDirectory()) {
    // Loaded only when needed: the compilers are far larger than the rest of the program.
    const { buildPlugin } = await import("../../wasm/sdk/build.ts");
    return (await buildPlugin(pathToFileURL(join(resolve(path), "/")))).component;
  }
  try {
    return readBytes(path, MOST_COMPONENT_BYTES);
  } catch (error) {
    throw new UserError(`expected a component but found ${path}: ${errorWords(error, "reason")}`);
  }
}

/**
 * The page's scripts, made of TypeScript and of Vega from npm when they are first asked for.
 *
 * @module
 */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("client/main.ts", import.meta.url));

/** Scripts by file name. */
type Scripts = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

let made: Promise<Scripts> | undefined;

/**
 * The scripts of the page: `main.js` and what it fetches when it needs it.
 *
 * @throws {Error} when they cannot be made
 */
export function pageScripts(): Promise<Scripts> {
  return made ??= bundle().catch((error) => {
    made = undefined;
    throw error;
  });
}

async function bundle(): Promise<Scripts> {
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [ENTRY],
    outputDir: "page",
    platform: "browser",
    format: "esm",
    codeSplitting: true,
    minify: true,
    write: false,
  });
  if (!success || !outputFiles) throw new Error(errors.map(({ text }) => text).join("\n"));
  return new Map(
    outputFiles.map(({ path, contents }) => [basename(path), new Uint8Array(contents!)]),
  );
}

import { errorCode } from "./error_words.ts";

/** Whether a folder is held alone, or with others who share it. */
export type Holding = "alone" | "shared";

/**
 * Holds a folder against other processes until disposed of, or until the process ends, however it
 * does. Where the file system has no locks, or none of folders, as on Windows, everyone holds it.
 *
 * @returns nothing where another holds it in a way that does not go together
 *
 * @example
 * ```ts
 * import { holdFolder } from "./hold_folder.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const held = holdFolder(folder, "alone");
 * if (Deno.build.os !== "windows") equal(holdFolder(folder, "shared"), undefined);
 * held?.[Symbol.dispose]();
 * holdFolder(folder, "shared")?.[Symbol.dispose]();
 * await Deno.remove(folder);
 * ```
 */
export function holdFolder(path: string, holding: Holding): Disposable | undefined {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  const folder = Deno.openSync(path);
  try {
    if (folder.tryLockSync(holding === "alone")) return folder;
    folder.close();
    return undefined;
  } catch (error) {
    if (isUnsupported(error)) return folder;
    folder.close();
    throw error;
  }
}

/** NFS has no exclusive locks of what is open for reading only, which a folder always is. */
const UNSUPPORTED = ["ENOLCK", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EBADF"];

function isUnsupported(error: unknown): boolean {
  return error instanceof Deno.errors.NotSupported || UNSUPPORTED.includes(errorCode(error) ?? "");
}

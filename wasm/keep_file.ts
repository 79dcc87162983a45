import { dirname } from "node:path";

/** Stores bytes whole or not at all; a folder that cannot be written costs only time. */
export async function keepFile(file: string, bytes: Uint8Array): Promise<void> {
  const partial = `${file}.${crypto.randomUUID()}`;
  await whereWritable(async () => {
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(partial, bytes);
    await Deno.rename(partial, file);
  });
}

/** Does what keeps something for later, unless it may not be written. */
export async function whereWritable(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const readOnly = error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable || (error as { code?: string }).code === "EROFS";
    if (!readOnly) throw error;
  }
}

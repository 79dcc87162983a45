/**
 * For tests only: running commands in this process and as one of their own.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command is given apart from its arguments. */
export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Commands that keep memory results. */
const REMEMBERING = ["simulate", "dram", "compare"];

/** Runs a command in this process. Without `KVPIM_CACHE` it keeps no results. */
export async function kvpim(args: readonly string[], { env, input }: Given = {}): Promise<Outcome> {
  let [out, err] = ["", ""];
  const remembering = REMEMBERING.includes(args[0] ?? "") && !args.includes("--help");
  const all = env?.KVPIM_CACHE || !remembering ? args : [...args, "--no-cache"];
  const code = await run(all, {
    out: (text) => out += text,
    err: (text) => err += text,
    errIsTerminal: false,
    env: (name) => env?.[name],
    input: () => new Blob([input ?? ""]).stream(),
  });
  return { code, out, err };
}

/** The command as a process of its own. */
export function kvpimProcess(
  args: readonly string[],
  env: Record<string, string> = {},
  stdin: "null" | "piped" = "null",
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", fileURLToPath(new URL("./main.ts", import.meta.url)), ...args],
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a test in a folder of its own, which is removed afterwards. */
export function inFolder(test: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** Names of what lies in a folder, sorted. */
export function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

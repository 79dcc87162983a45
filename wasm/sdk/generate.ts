/**
 * Writes what is generated from the contracts and committed: `deno run -A wasm/sdk/generate.ts`.
 * The AssemblyScript and C sides are written when a plugin is built.
 *
 * @module
 */
import { CONTRACT_VERSIONS, type PluginKind, readContract } from "./contracts.ts";
import { generateTypeScript } from "./generate/typescript.ts";

/** A file that is generated and committed. */
export interface GeneratedFile {
  readonly path: URL;
  readonly text: string;
}

/** Every generated file of every contract version, formatted. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const files: GeneratedFile[] = [];
  for (const kind of Object.keys(CONTRACT_VERSIONS) as PluginKind[]) {
    for (const version of CONTRACT_VERSIONS[kind]) {
      const path = new URL(`../wit/${kind}/since-v${version}/${kind}.ts`, import.meta.url);
      // Twice: the formatter may still change what it wrote.
      const once = await format(generateTypeScript(readContract(kind, version)));
      files.push({ path, text: await format(once) });
    }
  }
  return files;
}

async function format(text: string): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--line-width", "100", "--ext", "ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  for (const { path, text } of await generatedFiles()) await Deno.writeTextFile(path, text);
}

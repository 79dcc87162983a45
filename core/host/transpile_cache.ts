import type { AdmissionRules } from "./admit.ts";
import type { Instrumentation } from "./instrument/function_rewriter.ts";
import { whereWritable } from "../../wasm/keep_file.ts";
import { digestOf, type LinkableComponent, transpile, TRANSPILER_VERSION } from "./transpile.ts";

/** Where transpiled components are kept: in memory, and in a folder if one is given. */
export class TranspileCache {
  readonly #inMemory = new Map<string, Promise<LinkableComponent>>();

  /** @param directory Folder for finished work, created on demand; null to keep it in memory only */
  constructor(private readonly directory: string | null = null) {}

  /**
   * Like {@linkcode transpile}, but does the work once for equal input: what is found here was
   * admitted by the same rules, the size of the file apart.
   */
  transpile(
    component: Uint8Array,
    rules: AdmissionRules,
    what: Instrumentation,
  ): Promise<LinkableComponent> {
    const digest = digestOf(component);
    const key = digestOf(new TextEncoder().encode(JSON.stringify([
      TRANSPILER_VERSION,
      digest,
      what,
      rules.exports,
      rules.limits.memoryBytes,
      rules.limits.tableEntries,
    ])));
    let work = this.#inMemory.get(key);
    if (work === undefined) {
      work = this.#load(key, digest, () => transpile(component, rules, what));
      this.#inMemory.set(key, work);
      work.catch(() => this.#inMemory.delete(key));
    }
    return work;
  }

  async #load(
    key: string,
    digest: string,
    make: () => Promise<LinkableComponent>,
  ): Promise<LinkableComponent> {
    if (this.directory === null) return make();
    const folder = `${this.directory}/${key}`;
    const found = await readFolder(folder, digest);
    if (found !== null) return found;
    const made = await make();
    await whereWritable(() => writeFolder(folder, made));
    return made;
  }
}

async function readFolder(folder: string, digest: string): Promise<LinkableComponent | null> {
  try {
    const modules = new Map<string, Uint8Array<ArrayBuffer>>();
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".wasm")) modules.set(name, await Deno.readFile(`${folder}/${name}`));
    }
    return { digest, modules, linker: await Deno.readTextFile(`${folder}/linker.js`) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Writes beside the folder and renames, so that a reader sees all of it or nothing. */
async function writeFolder(folder: string, made: LinkableComponent): Promise<void> {
  const unfinished = `${folder}.${crypto.randomUUID()}`;
  await Deno.mkdir(unfinished, { recursive: true });
  for (const [name, bytes] of made.modules) await Deno.writeFile(`${unfinished}/${name}`, bytes);
  await Deno.writeTextFile(`${unfinished}/linker.js`, made.linker);
  try {
    await Deno.rename(unfinished, folder);
  } catch {
    await Deno.remove(unfinished, { recursive: true });
  }
}

import { CompileError } from "./compile_error.ts";
import { generateC } from "./generate/c.ts";
import type { Contract } from "./generate/exports.ts";

const SDK = new URL("./c/", import.meta.url).pathname;

const COMPILE_FLAGS = [
  ...["--target=wasm32", "-std=c11", "-O3", "-ffreestanding", "-fno-strict-aliasing"],
  ...["-msimd128", "-mbulk-memory", "-Wall", "-Werror"],
];

/** Whether clang and its linker are installed. */
export async function hasClang(): Promise<boolean> {
  try {
    return (await run("clang", ["--version"])).success &&
      (await run("wasm-ld", ["--version"])).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Compiles a plugin's C source, with the glue of its contract, to a core module. Needs clang and
 * wasm-ld (Debian: `apt-get install clang lld`).
 *
 * @throws {CompileError} with the compiler's message
 */
export async function compileC(
  contract: Contract,
  entry: URL,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!await hasClang()) {
    throw new CompileError(
      "Expected clang and wasm-ld on the path, which plugins in C are built with, but found them " +
        "absent (Debian: apt-get install clang lld)",
    );
  }
  const folder = await Deno.makeTempDir({ prefix: "kvpim-c-" });
  try {
    const { header, glue } = generateC(contract);
    await Deno.writeTextFile(`${folder}/kvpim.h`, header);
    await Deno.writeTextFile(`${folder}/glue.c`, glue);
    await Deno.copyFile(entry, `${folder}/plugin.c`);
    for (const name of ["kvpim_runtime.h", "kvpim_runtime.c"]) {
      await Deno.copyFile(`${SDK}${name}`, `${folder}/${name}`);
    }
    const units = ["plugin", "glue", "kvpim_runtime"];
    for (const unit of units) {
      await compile("clang", [...COMPILE_FLAGS, "-c", `${unit}.c`, "-o", `${unit}.o`], folder);
    }
    const objects = units.map((unit) => `${unit}.o`);
    await compile("wasm-ld", ["--no-entry", "-o", "plugin.wasm", ...objects], folder);
    return await Deno.readFile(`${folder}/plugin.wasm`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function compile(command: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await run(command, args, cwd);
  if (!success) throw new CompileError(new TextDecoder().decode(stderr).trim());
}

function run(command: string, args: string[], cwd?: string): Promise<Deno.CommandOutput> {
  const options = { args, stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(command, cwd === undefined ? options : { ...options, cwd }).output();
}

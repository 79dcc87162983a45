import { loadCompiler } from "../../../wasm/compiler.ts";

/** Compiles AssemblyScript text to a core module. */
export async function compileText(
  source: string,
  flags: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const asc = await loadCompiler();
  const { error, stderr } = await asc.main(
    ["text.ts", "--outFile", "text.wasm", "--runtime", "stub", "--use", "abort=", ...flags],
    {
      readFile: (name: string) => name === "text.ts" ? source : null,
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name === "text.wasm" && typeof contents !== "string") binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined) throw new Error(stderr.toString());
  return new Uint8Array(binary);
}

import { stripTypeScriptTypes } from "node:module";
import { CompileError } from "./compile_error.ts";
import type { ComponentizeRequest } from "./componentize/request.ts";
import type { SourcedContract } from "./contracts.ts";

const COMPILER = new URL("./componentize/", import.meta.url);

/**
 * Compiles a plugin's TypeScript source to a component that holds a JavaScript engine: 12 MB, and
 * some 1000 times slower at arithmetic than AssemblyScript. For first sketches. The first time, the
 * compiler is fetched.
 *
 * The source must stand alone (no imports but types) and use only syntax whose types can be struck
 * out. It exports an object with the name of the contract's interface. Values are as in jco: variants
 * are `{ tag, val }`, flags objects of truth values, and an error is thrown as the variant's value.
 *
 * @throws {CompileError} with the compiler's message
 */
export async function compileTypeScript(
  { source: witWorld, world: worldName }: SourcedContract,
  entry: URL,
): Promise<Uint8Array<ArrayBuffer>> {
  const script = stripTypeScriptTypes(await Deno.readTextFile(entry));
  const request: ComponentizeRequest = { script, witWorld, worldName };
  const lock = new URL("deno.lock", COMPILER).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--frozen", `--lock=${lock}`, `${COMPILER}main.ts`],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = new Blob([JSON.stringify(request)]).stream();
  const [{ success, stdout, stderr }] = await Promise.all([
    child.output(),
    input.pipeTo(child.stdin),
  ]);
  if (!success) throw new CompileError(new TextDecoder().decode(stderr).trim());
  return new Uint8Array(stdout);
}

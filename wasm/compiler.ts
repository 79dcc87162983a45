type Compiler = typeof import("assemblyscript/asc")["default"];

let loading: Promise<Compiler> | undefined;

/**
 * The AssemblyScript compiler, loaded when first needed: it is a hundred times the size of its
 * output. All await one import, because a second one that begins while the first still evaluates
 * the compiler's top-level awaits would get a module without its exports (Deno 2.9.6).
 */
export function loadCompiler(): Promise<Compiler> {
  return loading ??= import("assemblyscript/asc").then(({ default: asc }) => asc);
}

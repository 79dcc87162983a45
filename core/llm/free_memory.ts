/** `int malloc_trim(size_t pad)`, which glibc has. */
const SYMBOLS = { malloc_trim: { parameters: ["usize"], result: "i32" } } as const;

let trim: ((pad: bigint) => number) | undefined;

/**
 * Gives memory that native code has freed back to the operating system.
 *
 * While ONNX Runtime loads a model it lays weights out anew and frees the first copy, and after a
 * prompt it frees the activations. The C library keeps such blocks, which lie between others, for
 * itself: a fifth of a 4-bit model's size. Where it is another than glibc, this does nothing.
 */
export function returnFreeMemory() {
  trim ??= openTrim();
  trim(0n);
}

function openTrim(): (pad: bigint) => number {
  if (Deno.build.os !== "linux") return () => 0;
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols.malloc_trim;
  } catch (error) {
    // musl has neither the library nor the function; both are reported as a plain Error.
    if (error instanceof Error) return () => 0;
    throw error;
  }
}

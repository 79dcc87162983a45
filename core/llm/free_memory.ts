import { SharedUse } from "./shared_use.ts";

/** `int malloc_trim(size_t pad)` and `int mallopt(int param, int value)`, which glibc has. */
const SYMBOLS = {
  malloc_trim: { parameters: ["usize"], result: "i32" },
  mallopt: { parameters: ["i32", "i32"], result: "i32" },
} as const;

type Allocator = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** `M_MMAP_THRESHOLD`: from how many bytes on a block has pages of its own. */
const MAPPED_FROM = -3;
const MEGABYTE = 2 ** 20;
/** The largest threshold there is; without a stated one glibc comes to it by and by. */
const MAPPED_FROM_AT_MOST = 32 * MEGABYTE;

let allocator: Allocator | null | undefined;

/**
 * Gives memory that native code has freed back to the operating system.
 *
 * While ONNX Runtime loads a model it lays weights out anew and frees the first copy, and after a
 * prompt it frees the activations. The C library keeps such blocks, which lie between others, for
 * itself: a fifth of a 4-bit model's size. Where it is another than glibc, this does nothing.
 */
export function returnFreeMemory() {
  openAllocator()?.malloc_trim(0n);
}

const largeBlocksMapped = new SharedUse(
  () => openAllocator()?.mallopt(MAPPED_FROM, MEGABYTE),
  () => openAllocator()?.mallopt(MAPPED_FROM, MAPPED_FROM_AT_MOST),
);

/**
 * While it runs, blocks of a megabyte and more have pages of their own and go back to the operating
 * system when they are freed, even from between others. Each costs time, so this is for weights.
 * Where several run, until the last of them ends.
 */
export function mappingLargeBlocks<T>(action: () => Promise<T>): Promise<T> {
  return largeBlocksMapped.during(action);
}

function openAllocator(): Allocator | null {
  return allocator === undefined ? allocator = dlopenAllocator() : allocator;
}

function dlopenAllocator(): Allocator | null {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  } catch (error) {
    // musl has neither the library nor the functions; all are reported as a plain Error.
    if (error instanceof Error) return null;
    throw error;
  }
}

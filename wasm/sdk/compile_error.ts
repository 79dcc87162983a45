/** Thrown when a plugin's source does not compile; the message is the compiler's. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

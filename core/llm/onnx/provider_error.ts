/**
 * An execution provider that ONNX Runtime does not have here.
 *
 * The message is one line for the user: what was expected and found.
 */
export class ProviderError extends RangeError {
  override readonly name = "ProviderError";
}

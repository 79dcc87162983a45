/**
 * A checkpoint that cannot be used: damaged, incomplete or of a kind that is not supported.
 *
 * The message is one line for the user: file, place in the file, what was expected and found.
 */
export class CheckpointError extends RangeError {
  override readonly name = "CheckpointError";

  /**
   * @param file path of the file as the user would name it
   * @param place field, tensor or other part of the file; empty for the whole file
   */
  constructor(readonly file: string, place: string, expected: string, found: string) {
    super(`${file}: ${place === "" ? "" : `${place}: `}Expected ${expected} but found ${found}`);
  }
}

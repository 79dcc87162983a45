import { createHash } from "node:crypto";
import type { TraceHeader } from "../../../core/attention/trace_format.ts";
import { TraceWriter } from "../../../core/attention/trace_writer.ts";
import type { RecordedTrace } from "../../../core/eval/perplexity/evaluate.ts";
import { OutputFile } from "../output_file.ts";

/**
 * The file `--trace` names, being recorded: it is in its place when it has ended, and one that was
 * there before is until then.
 */
export class TraceOutput implements RecordedTrace, Disposable {
  readonly writer: TraceWriter;
  readonly #file: OutputFile;
  readonly #hash = createHash("sha256");

  /** @throws {UserError} when it cannot be written */
  constructor(readonly path: string, header: TraceHeader) {
    this.#file = OutputFile.open("--trace", path);
    this.writer = new TraceWriter(header, (bytes) => {
      this.#hash.update(bytes);
      this.#file.write(bytes);
    });
  }

  /**
   * Ends the trace and puts it in its place.
   *
   * @returns its SHA-256, hexadecimal
   */
  end(): string {
    this.writer.end();
    this.#file.commit();
    return this.#hash.digest("hex");
  }

  /** Drops a trace that has not ended. */
  [Symbol.dispose]() {
    this.#file[Symbol.dispose]();
  }
}

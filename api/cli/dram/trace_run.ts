import type { DramEngine, EngineResult, IssuedCommand } from "../../../core/memory/engine.ts";
import type { TraceRequest } from "../../../core/memory/engine.ts";
import { readTrace } from "../../../core/memory/trace_text.ts";

/** What is done with the commands that one channel issued, as they come. */
export interface CommandLog {
  readonly channel: number;
  readonly write: (commands: readonly IssuedCommand[]) => void;
}

/** A run of a text trace that takes lines in blocks: no more than a block is in memory. */
export class TraceRun {
  readonly #engine: DramEngine;
  readonly #log: CommandLog | undefined;
  readonly #pending: string[] = [];
  readonly #requests: Iterator<TraceRequest>;
  #lines = 0;

  /** @param name what to call the trace in a message */
  constructor(engine: DramEngine, name: string, log?: CommandLog) {
    this.#engine = engine;
    this.#log = log;
    const words = engine.device.standard.requests.map(({ trace }) => trace);
    this.#requests = readTrace(this.#endless(), words, name);
    engine.begin(log?.channel ?? -1);
  }

  /** Lines taken so far. */
  get lines(): number {
    return this.#lines;
  }

  /**
   * Sends the next lines.
   *
   * @throws {TraceSyntaxError} naming the first line that is no request
   */
  feed(lines: readonly string[]) {
    this.#engine.send(this.#read(lines));
    this.#takeLog();
  }

  /** Runs until every queue is empty. */
  finish(): EngineResult {
    const result = this.#engine.finish();
    this.#takeLog();
    return result;
  }

  *#read(lines: readonly string[]): Generator<TraceRequest> {
    for (const line of lines) {
      this.#pending.push(line);
      this.#lines++;
      yield this.#requests.next().value;
    }
  }

  /** One reader counts the lines of all blocks: it is asked only when a line is waiting. */
  *#endless(): Generator<string> {
    while (true) yield this.#pending.pop()!;
  }

  #takeLog() {
    if (this.#log) this.#log.write(this.#engine.takeLog());
  }
}

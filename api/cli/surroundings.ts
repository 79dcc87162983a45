/**
 * What a command sees of the outside. The process has one; a test gives another.
 *
 * @module
 */
import { errorCode, errorWords } from "../../core/files/error_words.ts";
import { UserError } from "./user_error.ts";

/** Where a command reads and writes apart from the files it is told of. */
export interface Surroundings {
  /** Writes results: standard output. */
  readonly out: (text: string) => void;
  /** Writes everything else: standard error. */
  readonly err: (text: string) => void;
  /** Whether standard error is a terminal, where a line can be drawn anew. */
  readonly errIsTerminal: boolean;
  /** Value of an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Standard input. */
  readonly input: () => AsyncIterable<Uint8Array>;
}

/** The surroundings of this process. */
export function processSurroundings(): Surroundings {
  return {
    out: resultWriter(writerOf(Deno.stdout)),
    err: noteWriter(writerOf(Deno.stderr)),
    errIsTerminal: Deno.stderr.isTerminal(),
    env: (name) => Deno.env.get(name),
    input: () => Deno.stdin.readable,
  };
}

type Write = (text: string) => void;

function writerOf(stream: { writeSync(bytes: Uint8Array): number }): Write {
  const encoder = new TextEncoder();
  return (text) => {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  };
}

/** Results that do not fit are lost unless that is said. */
function resultWriter(write: Write): Write {
  return unlessFailing(write, (error) => {
    throw new UserError(
      `standard output: expected a place that can be written but found ${
        errorWords(error, "found")
      }`,
    );
  });
}

/** Notes that cannot be written keep no result from being written: there is nowhere to say so. */
function noteWriter(write: Write): Write {
  return unlessFailing(write, () => {});
}

/** Writes; where the system refuses, a reader that has gone aside, something else is done. */
function unlessFailing(write: Write, instead: (error: unknown) => void): Write {
  return (text) => {
    try {
      write(text);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe || errorCode(error) === undefined) throw error;
      instead(error);
    }
  };
}

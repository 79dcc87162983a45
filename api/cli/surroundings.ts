/**
 * What a command sees of the outside. The process has one; a test gives another.
 *
 * @module
 */

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
    out: writerOf(Deno.stdout),
    err: writerOf(Deno.stderr),
    errIsTerminal: Deno.stderr.isTerminal(),
    env: (name) => Deno.env.get(name),
    input: () => Deno.stdin.readable,
  };
}

function writerOf(stream: { writeSync(bytes: Uint8Array): number }) {
  const encoder = new TextEncoder();
  return (text: string) => {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  };
}

/** Exit codes a shell knows an interrupted command by: 128 and the number of the signal. */
const EXIT_CODES: readonly (readonly [signal: Deno.Signal, code: number])[] =
  Deno.build.os === "windows" ? [["SIGINT", 130]] : [["SIGINT", 130], ["SIGTERM", 143]];

const tidyings = new Set<() => void>();
const listeners = EXIT_CODES.map(([signal, code]) => {
  const listener = () => {
    try {
      for (const tidyUp of tidyings) tidyUp();
    } finally {
      Deno.exit(code);
    }
  };
  return [signal, listener] as const;
});

/**
 * Has something tidied up when the process is interrupted, until disposed of. The process then
 * ends with the code a shell expects. Without anything to tidy up a signal keeps its own effect,
 * which also ends a long calculation.
 */
export function onInterrupt(tidyUp: () => void): Disposable {
  if (tidyings.size === 0) {
    for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  }
  tidyings.add(tidyUp);
  return {
    [Symbol.dispose]() {
      if (!tidyings.delete(tidyUp) || tidyings.size > 0) return;
      for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}

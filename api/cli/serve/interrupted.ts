const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** Ends with the first signal to end; another then ends the process at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const listener = () => {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, listener);
      resolve();
    };
    for (const signal of SIGNALS) Deno.addSignalListener(signal, listener);
  });
}

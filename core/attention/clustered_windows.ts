import type { AttentionTrace } from "./trace_reader.ts";

/** A window of tokens that a policy divided into clusters. */
interface ClusteredWindow {
  readonly tokens: number;
  readonly clusters: number;
}

/**
 * Which windows a recorded run clustered, each size once.
 *
 * @throws {TraceFormatError} as reading the trace does
 */
export async function clusteredWindows(trace: AttentionTrace): Promise<ClusteredWindow[]> {
  const windows = new Map<string, ClusteredWindow>();
  for await (const event of trace.events) {
    if (event.kind !== "clusterings") continue;
    for (let row = 0; row < event.rows; row++) {
      const window = { tokens: event.columns.tokens[row]!, clusters: event.columns.clusters[row]! };
      windows.set(`${window.tokens}/${window.clusters}`, window);
    }
  }
  return [...windows.values()];
}

import type { TopLevelSpec } from "vega-lite";
import { chartConfig, type Theme } from "./theme.ts";

/** A command that was issued. */
export interface Command {
  readonly cycle: number;
  readonly command: string;
  readonly place: string;
}

/** Cycles that are shown: from the first to the last. */
export type Window = readonly [from: number, to: number];

/**
 * Commands of a commands.csv.
 *
 * @example
 * ```ts
 * import { readCommands } from "./timeline.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * const text = "cycle,command,channel,pseudochannel,rank,bankgroup,bank,row,column\n" +
 *   "9,WRGB,0,0,1,-1,-1,-1,-1\n";
 * deepEqual(readCommands(text), [{
 *   cycle: 9,
 *   command: "WRGB",
 *   place: "pseudochannel 0, rank 1",
 * }]);
 * ```
 */
export function readCommands(csv: string): Command[] {
  const [header, ...lines] = csv.trimEnd().split("\n");
  const names = header!.split(",");
  return lines.map((line) => {
    const fields = line.split(",");
    const place = names.slice(3).map((name, i) => [name, fields[i + 3]!])
      .filter(([, id]) => id !== "-1").map(([name, id]) => `${name} ${id}`).join(", ");
    return { cycle: Number(fields[0]), command: fields[1]!, place };
  });
}

/** Commands by the cycle in which they issue, a line a command. */
export function timelineChart(
  commands: readonly Command[],
  [from, to]: Window,
  width: number,
  theme: Theme,
): TopLevelSpec {
  const shown = commands.filter(({ cycle }) => cycle >= from && cycle <= to);
  const names = [...new Set(commands.map(({ command }) => command))];
  return {
    description: `${shown.length} commands from cycle ${from} to cycle ${to}`,
    width: Math.max(width - 110, 160),
    height: { step: 28 },
    data: { values: [...shown] },
    mark: { type: "tick", thickness: 2, height: 20, color: theme.accent },
    encoding: {
      x: {
        field: "cycle",
        type: "quantitative",
        title: "cycle of the memory's clock",
        scale: { domain: [from, to], nice: false },
      },
      y: { field: "command", type: "nominal", title: null, scale: { domain: names } },
      tooltip: [{ field: "cycle" }, { field: "command" }, { field: "place" }],
    },
    config: chartConfig(theme),
  };
}

/**
 * A window beside or within another, no further than the commands go.
 *
 * @param zoom how many times as long
 * @param move by how many of its lengths, later
 *
 * @example
 * ```ts
 * import { movedWindow } from "./timeline.ts";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(movedWindow([0, 100], [0, 1000], 0.5, 0), [25, 75]);
 * deepEqual(movedWindow([900, 1000], [0, 1000], 1, 0.5), [900, 1000]);
 * ```
 */
export function movedWindow(
  [from, to]: Window,
  [first, last]: Window,
  zoom: number,
  move: number,
): Window {
  const length = Math.min(Math.max((to - from) * zoom, 10), last - first);
  const middle = (from + to) / 2 + (to - from) * move;
  const begin = Math.min(Math.max(middle - length / 2, first), last - length);
  return [Math.round(begin), Math.round(begin + length)];
}

import { chartFigure } from "../charts/chart_figure.ts";
import { movedWindow, readCommands, timelineChart, type Window } from "../charts/timeline.ts";
import { button, h } from "../dom.ts";
import { shortId } from "../words.ts";

/** Cycles shown at first. */
const FIRST_CYCLES = 400;

const MOVES = {
  "Zoom in": [0.5, 0],
  "Zoom out": [2, 0],
  "Earlier": [1, -0.5],
  "Later": [1, 0.5],
} as const;

/** The commands of a run by cycle, with buttons to look closer and further on. */
export function timelineSection(id: string, csv: string): HTMLElement {
  const commands = readCommands(csv);
  const all: Window = [commands[0]?.cycle ?? 0, commands.at(-1)?.cycle ?? 1];
  let shown = windowOfLink() ?? movedWindow([all[0], all[0] + FIRST_CYCLES], all, 1, 0);
  const place = h("div");
  const show = () => {
    place.replaceChildren(chartFigure(
      `The first ${commands.length.toLocaleString("en")} commands of a channel; ` +
        `cycles ${shown[0]} to ${shown[1]} are shown.`,
      `kvpim-${shortId(id)}-commands`,
      (width, theme) => timelineChart(commands, shown, width, theme),
    ));
  };
  const buttons = Object.entries(MOVES).map(([label, [zoom, move]]) =>
    button(label, () => {
      shown = movedWindow(shown, all, zoom, move);
      history.replaceState(null, "", `?cycles=${shown.join("-")}`);
      show();
    })
  );
  show();
  return h(
    "section",
    {},
    h("h2", {}, "Commands"),
    h("div", { class: "actions", role: "group", "aria-label": "Cycles shown" }, ...buttons),
    place,
  );
}

function windowOfLink(): Window | undefined {
  const found = /^(\d+)-(\d+)$/.exec(new URLSearchParams(location.search).get("cycles") ?? "");
  return found ? [Number(found[1]), Number(found[2])] : undefined;
}

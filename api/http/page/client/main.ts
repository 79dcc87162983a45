/**
 * The page: one view for each path.
 *
 * @module
 */
import { h } from "./dom.ts";
import { evaluateView } from "./views/evaluate.ts";
import { pluginsView, pluginView } from "./views/plugins.ts";
import { compareView } from "./views/compare.ts";
import { newExperimentView } from "./views/new_experiment.ts";
import { problemBox } from "./views/problem_box.ts";
import { runsView } from "./views/runs.ts";
import { runView } from "./views/run.ts";
import { sweepsView } from "./views/sweeps.ts";
import { sweepView } from "./views/sweep.ts";

type View = (...parts: string[]) => Promise<HTMLElement>;

const VIEWS: readonly (readonly [RegExp, View])[] = [
  [/^\/$/, newExperimentView],
  [/^\/evaluate$/, evaluateView],
  [/^\/plugins$/, pluginsView],
  [/^\/plugins\/([0-9a-z-]{1,64})$/, pluginView],
  [/^\/runs$/, runsView],
  [/^\/runs\/([0-9a-f]{64})$/, runView],
  [/^\/compare$/, compareView],
  [/^\/sweeps$/, sweepsView],
  [/^\/sweeps\/([0-9a-f]{64})$/, sweepView],
];

async function show() {
  const main = document.querySelector("main")!;
  const { pathname } = location;
  document.querySelector(`nav a[href="${pathname}"]`)?.setAttribute("aria-current", "page");
  for (const [pattern, view] of VIEWS) {
    const found = pattern.exec(pathname);
    if (!found) continue;
    try {
      main.replaceChildren(await view(...found.slice(1)));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      main.replaceChildren(h("h1", {}, "This cannot be shown"), problemBox(error));
    }
    return;
  }
  main.replaceChildren(h("h1", {}, "There is no such page"));
}

await show();

import { api, type Run } from "../api.ts";
import { button, h, table } from "../dom.ts";
import { shortId, titleOf } from "../words.ts";

/** The view of all runs. */
export async function runsView(): Promise<HTMLElement> {
  const query = location.search || "?limit=50";
  const { runs, next } = await api.runs(query);
  const boxes = new Map<string, HTMLInputElement>();
  const rows = runs.map((run) => rowOf(run, boxes));
  const compare = button("Compare what is ticked", () => {
    const ids = [...boxes].filter(([, box]) => box.checked).map(([id]) => id);
    // The oldest first: the others are compared with it.
    location.assign(`/compare?runs=${ids.toReversed()}`);
  }, { class: "primary" });
  const count = () => {
    compare.disabled = [...boxes.values()].filter((box) => box.checked).length < 2;
  };
  for (const box of boxes.values()) box.addEventListener("change", count);
  count();
  return h(
    "div",
    {},
    h("h1", {}, "Runs"),
    runs.length === 0
      ? h("p", {}, "There are none yet.")
      : table("The newest first", ["run", "state", "compare", "asked for"], rows),
    h(
      "div",
      { class: "actions" },
      compare,
      next ? h("a", { href: `/runs${new URL(next, location.href).search}` }, "Older runs") : null,
    ),
  );
}

function rowOf(run: Run, boxes: Map<string, HTMLInputElement>) {
  const title = titleOf(run.spec);
  const box = h("input", { type: "checkbox", "aria-label": `Compare ${title}` });
  const isComparable = run.state === "done" && run.spec.kind === "simulate";
  if (isComparable) boxes.set(run.id, box);
  return [
    h(
      "div",
      {},
      h("a", { href: `/runs/${run.id}` }, title),
      h("div", { class: "mono quiet" }, shortId(run.id)),
    ),
    run.state,
    isComparable ? box : "",
    new Date(run.createdAt).toLocaleString(),
  ];
}

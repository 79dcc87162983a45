import { api } from "../api.ts";
import { h, table } from "../dom.ts";
import { modelText, shortId } from "../words.ts";

/** The view of all sweeps. */
export async function sweepsView(): Promise<HTMLElement> {
  const { sweeps, next } = await api.sweeps(location.search);
  const rows = sweeps.map(({ id, createdAt, runs, kind, model }) => [
    h("a", { href: `/sweeps/${id}`, class: "mono" }, shortId(id)),
    modelText(kind, model),
    Object.entries(runs).filter(([, count]) => count > 0)
      .map(([state, count]) => `${count} ${state}`).join(", "),
    new Date(createdAt).toLocaleString(),
  ]);
  return h(
    "div",
    {},
    h("h1", {}, "Sweeps"),
    rows.length === 0
      ? h("p", {}, "There are none yet.")
      : table("The newest first", ["sweep", "model", "runs", "asked for"], rows),
    next
      ? h(
        "div",
        { class: "actions" },
        h("a", { href: `/sweeps${new URL(next, location.href).search}` }, "Older sweeps"),
      )
      : null,
  );
}

import { api, type PluginItem, Problem } from "../api.ts";
import { button, h, table } from "../dom.ts";
import { uploadField } from "../form/plugin_rows.ts";
import { shortId } from "../words.ts";
import { pluginFacts } from "./plugin_facts.ts";
import { problemBox } from "./problem_box.ts";

/** The view of all plugins. */
export async function pluginsView(): Promise<HTMLElement> {
  const list = h("div");
  const show = async () => {
    const { items } = await api.plugins();
    list.replaceChildren(
      table(
        "Built-in ones are built when they are first used",
        ["name", "kind", "from", "digest"],
        items.map(rowOf),
      ),
    );
  };
  await show();
  return h(
    "div",
    {},
    h("h1", {}, "Plugins"),
    h(
      "p",
      { class: "quiet" },
      "Policies and memory models that runs can name: those of kvpim, and yours.",
    ),
    uploadField(show),
    list,
  );
}

function rowOf({ name, origin, kind, digest }: PluginItem) {
  const href = `/plugins/${origin === "built-in" ? name : digest}`;
  return [
    h("a", { href }, name),
    kind,
    origin === "built-in" ? "kvpim" : "an upload",
    digest === null ? "–" : shortId(digest),
  ];
}

/** The view of one plugin. */
export async function pluginView(name: string): Promise<HTMLElement> {
  const facts = await api.plugin(name);
  document.title = `${facts.description.name} – kvpim`;
  const isUploaded = name === facts.digest;
  const remove = button("Remove", async () => {
    try {
      await api.removePlugin(name);
      location.assign("/plugins");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      remove.after(problemBox(error));
    }
  });
  return h(
    "div",
    {},
    h("h1", {}, String(facts.description.name)),
    pluginFacts(facts),
    h("div", { class: "actions" }, isUploaded ? remove : null),
  );
}

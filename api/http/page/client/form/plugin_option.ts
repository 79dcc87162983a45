import type { PluginItem } from "../api.ts";
import { h } from "../dom.ts";

/** What a run names a plugin by. */
export function pluginValue({ name, origin, digest }: PluginItem): string {
  return origin === "built-in" ? name : `sha256:${digest}`;
}

/**
 * A choice of a plugin: its value is what a run names it by.
 *
 * @param chosen the value that is chosen
 */
export function pluginOption(item: PluginItem, chosen: string | undefined): HTMLOptionElement {
  const { name, origin, digest } = item;
  const value = pluginValue(item);
  const text = origin === "built-in" ? name : `${name} (${digest!.slice(0, 8)})`;
  return h("option", { value, selected: value === chosen }, text);
}

import type { PluginItem } from "../api.ts";
import { h } from "../dom.ts";

/**
 * A choice of a plugin: its value is what a run names it by.
 *
 * @param chosen the value that is chosen
 */
export function pluginOption(
  { name, origin, digest }: PluginItem,
  chosen: string | undefined,
): HTMLOptionElement {
  const isBuiltIn = origin === "built-in";
  const value = isBuiltIn ? name : `sha256:${digest}`;
  const text = isBuiltIn ? name : `${name} (${digest!.slice(0, 8)})`;
  return h("option", { value, selected: value === chosen }, text);
}

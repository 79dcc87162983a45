import type { PluginItem } from "../api.ts";
import { h } from "../dom.ts";
import { pluginOption } from "./plugin_option.ts";

/** The memory of AttAcc's stack, with its units where the experiment says. */
export const STANDARD_MEMORY = "hbm3-pim";

/** Whether a resolved run's memory is the standard at one of its levels. */
export function isStandardMemory(memory: string): boolean {
  return memory.startsWith(`${STANDARD_MEMORY}-`);
}

/** The field of a form that chooses a memory model. */
export interface MemoryField {
  readonly element: HTMLElement;
  /** The memory, if it is not the standard. */
  readonly value: () => string | undefined;
  /** Shows or takes away what is wrong with it. */
  readonly invalidate: (message: string) => void;
}

/**
 * A field for a memory model: those built in, and uploaded components by their digest.
 *
 * @param plugins of every kind
 * @param given what a link says
 */
export function memoryField(plugins: readonly PluginItem[], given?: string): MemoryField {
  const id = "field-memory";
  const memories = plugins.filter(({ kind }) => kind === "memory");
  const select = h(
    "select",
    { id, name: id, "aria-describedby": `${id}-hint` },
    h("option", { value: STANDARD_MEMORY }, STANDARD_MEMORY),
    ...memories.map((item) => pluginOption(item, given)),
  );
  const error = h("div", { class: "hint wrong", role: "alert" });
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: id }, "Memory"),
    select,
    h(
      "div",
      { class: "hint", id: `${id}-hint` },
      h("code", {}, "memory"),
      ": what simulates attention, hbm3-pim with its units where pim says; ",
      h("a", { href: "/plugins" }, "components of others"),
      " can be uploaded",
    ),
    error,
  );
  return {
    element,
    value: () => select.value === STANDARD_MEMORY ? undefined : select.value,
    invalidate(message) {
      select.setAttribute("aria-invalid", String(message !== ""));
      error.textContent = message;
      if (message !== "") select.focus();
    },
  };
}

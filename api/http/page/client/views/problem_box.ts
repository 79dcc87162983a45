import { h } from "../dom.ts";

/** What went wrong, in the service's words. */
export function problemBox(error: Error): HTMLElement {
  return h("div", { class: "problem" }, error.message);
}

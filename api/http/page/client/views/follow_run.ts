import { api } from "../api.ts";
import { button, h } from "../dom.ts";

/** How far a run is, with a button to cancel it; `onEnd` is called once it is over. */
export function followRun(id: string, owner: HTMLElement, onEnd: () => void): HTMLElement {
  const state = h("p", { role: "status" }, "Waiting…");
  const bar = h("progress", { "aria-label": "progress of the run" });
  const events = new EventSource(`/v1/runs/${id}/events`);
  const cancel = button("Cancel", async () => {
    cancel.disabled = true;
    await api.cancelRun(id);
  });
  events.addEventListener("running", () => state.textContent = "Working…");
  events.addEventListener("progress", (event: MessageEvent<string>) => {
    const { done, total } = JSON.parse(event.data);
    bar.max = total;
    bar.value = done;
    state.textContent = `Working: ${done} of ${total}`;
  });
  for (const end of ["done", "failed", "cancelled"]) {
    events.addEventListener(end, () => {
      events.close();
      if (owner.isConnected) onEnd();
    });
  }
  return h("div", {}, state, bar, h("div", { class: "actions" }, cancel));
}

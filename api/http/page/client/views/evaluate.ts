import { h } from "../dom.ts";
import { EvaluationForm } from "../form/evaluation_form.ts";

/** The view of a new evaluation. */
export async function evaluateView(): Promise<HTMLElement> {
  const form = await EvaluationForm.open(new URLSearchParams(location.search));
  return h(
    "div",
    {},
    h("h1", {}, "What is lost when the KV cache is read this way?"),
    h(
      "p",
      { class: "quiet" },
      "A language model predicts a text under each policy, token by token. tiny-llama has 5.3 " +
        "million parameters: its accuracy is no claim about 7B models.",
    ),
    form.element,
  );
}

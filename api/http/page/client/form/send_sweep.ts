import { api, Problem } from "../api.ts";
import { problemBox } from "../views/problem_box.ts";

/** A field that shows what is wrong with it. */
export interface FaultyField {
  readonly invalidate: (message: string) => void;
}

/** What of a form shows how sending goes. */
interface SendingForm {
  readonly submit: HTMLButtonElement;
  /** Where a mistake is shown that is no field's. */
  readonly problem: HTMLElement;
  /** Fields by the JSON pointer into the sweep of what they hold. */
  readonly fields: ReadonlyMap<string, FaultyField>;
}

/** Asks for a sweep and goes to it, or shows the mistake where it is. */
export async function sendSweep(
  { submit, problem, fields }: SendingForm,
  sweepOf: () => unknown,
): Promise<void> {
  submit.disabled = true;
  problem.replaceChildren();
  for (const { invalidate } of fields.values()) invalidate("");
  try {
    const { id } = await api.submitSweep(await sweepOf());
    location.assign(`/sweeps/${id}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [, field] = [...fields].find(([pointer]) =>
      error.pointer === pointer || error.pointer.startsWith(`${pointer}/`)
    ) ?? [];
    if (field) {
      field.invalidate(error.message.replace(/^\S+: /, ""));
    } else problem.replaceChildren(problemBox(error));
  } finally {
    submit.disabled = false;
  }
}

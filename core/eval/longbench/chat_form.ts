import { EvaluationInputError } from "../input_error.ts";
import type { EvaluatedModel } from "../evaluated_model.ts";
import { requireChat } from "../require_chat.ts";

/** How a prompt is put to a chat model. */
export type ChatForm = "none" | "vicuna" | "llama2" | "template";

/**
 * The form the STARC artifact and LongBench choose by a model's name (pred.py, `build_chat`): models
 * they do not know, such as Llama-3.1 and Mistral-v0.3, get none.
 *
 * @throws {EvaluationInputError} for names whose form is not built in
 *
 * @example
 * ```ts
 * import { chatFormOfName } from "./chat_form.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(chatFormOfName("longchat-v1.5-7b-32k"), "vicuna");
 * equal(chatFormOfName("Meta-Llama-3.1-8B-Instruct"), "none");
 * ```
 */
export function chatFormOfName(name: string): ChatForm {
  if (/chatglm/.test(name)) throw notBuiltIn(name);
  if (/longchat|vicuna/.test(name)) return "vicuna";
  if (/llama2/.test(name)) return "llama2";
  if (/xgen|internlm/.test(name)) throw notBuiltIn(name);
  return "none";
}

/**
 * Puts a prompt into a form.
 *
 * @throws {EvaluationInputError} if the model's own template is asked for and it has none
 */
export function wrapPrompt(prompt: string, form: ChatForm, model: EvaluatedModel): string {
  switch (form) {
    case "none":
      return prompt;
    case "llama2":
      return `[INST]${prompt}[/INST]`;
    case "vicuna":
      return `${VICUNA_SYSTEM} USER: ${prompt} ASSISTANT:`;
    case "template":
      return requireChat(model)(prompt);
  }
}

/** What a model of the Vicuna family was trained to see before a conversation (FastChat). */
const VICUNA_SYSTEM = "A chat between a curious user and an artificial intelligence assistant. " +
  "The assistant gives helpful, detailed, and polite answers to the user's questions.";

function notBuiltIn(name: string): EvaluationInputError {
  return new EvaluationInputError(
    `${name}: expected a chat form to be named (none, vicuna, llama2, template): ` +
      "the one LongBench has for this name is not built in",
  );
}

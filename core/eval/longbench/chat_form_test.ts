import { equal, throws } from "node:assert/strict";
import { fakeModel } from "../testing/fake_model.ts";
import { chatFormOfName, wrapPrompt } from "./chat_form.ts";

Deno.test("chat forms go by name as in the reference", () => {
  const model = fakeModel(() => "");
  equal(chatFormOfName("Mistral-7B-Instruct-v0.3"), "none");
  equal(chatFormOfName("vicuna-v1.5-7b-16k"), "vicuna");
  equal(wrapPrompt("p", chatFormOfName("llama2-7b-chat-4k"), model), "[INST]p[/INST]");
  equal(wrapPrompt("Hi", "vicuna", model).slice(-27), "questions. USER: Hi ASSISTANT:".slice(-27));
  throws(() => chatFormOfName("chatglm3-6b-32k"), /expected a chat form to be named/);
  throws(() => wrapPrompt("p", "template", model), /expected a chat template but found none/);
  const chatting = fakeModel(() => "", { chat: (prompt) => `<user>${prompt}` });
  equal(wrapPrompt("p", "template", chatting), "<user>p");
});

import type { TextTokenizer } from "../language_model.ts";

/**
 * Tokens of a prompt in a chat template. What the tokenizer puts before a text, e.g. a
 * beginning-of-text token, is there once, whether or not the template writes it too.
 */
export function encodeChat(tokenizer: TextTokenizer, prompt: string): readonly number[] {
  const written = tokenizer.encode(prompt, { special: false });
  const before = addedBefore(tokenizer.encode(prompt, { special: true }), written);
  return startsWith(written, before) ? written : [...before, ...written];
}

/** What stands before a text's own tokens; what may stand behind them is left out. */
function addedBefore(all: readonly number[], own: readonly number[]): readonly number[] {
  for (let at = 0; at + own.length <= all.length; at++) {
    if (startsWith(all.slice(at), own)) return all.slice(0, at);
  }
  return [];
}

function startsWith(ids: readonly number[], first: readonly number[]): boolean {
  return first.every((id, i) => ids[i] === id);
}

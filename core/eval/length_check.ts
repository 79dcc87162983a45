import { EvaluationInputError } from "./input_error.ts";
import type { EvaluatedModel } from "./evaluated_model.ts";

/** Tokens that a model reads at most: the last one generated is never read. */
export function tokensRead(promptTokens: number, generatedTokens: number): number {
  return promptTokens + Math.max(0, generatedTokens - 1);
}

/**
 * Makes sure that there is a prompt, and that it and what follows it fit a model. The last token
 * generated is never read.
 *
 * @throws {EvaluationInputError} if they do not
 */
export function checkLength(model: EvaluatedModel, promptTokens: number, generatedTokens: number) {
  if (promptTokens === 0) {
    throw new EvaluationInputError("expected a prompt of at least one token but found none");
  }
  const room = model.contextTokens - Math.max(0, generatedTokens - 1);
  if (room < 1) {
    throw new EvaluationInputError(
      `expected at most ${model.contextTokens} tokens to generate, as ${model.name} holds no more, ` +
        `but found ${generatedTokens}`,
    );
  }
  if (promptTokens <= room) return;
  const why = generatedTokens === 0
    ? `as ${model.name} holds no more`
    : `as ${model.name} holds ${model.contextTokens} and ${generatedTokens} are to be generated`;
  throw new EvaluationInputError(
    `expected a prompt of at most ${room} tokens, ${why}, but found ${promptTokens}`,
    "shorter prompts",
  );
}

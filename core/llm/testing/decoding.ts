/**
 * For tests only: small models decoded, beside their reference.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import type { KvPolicy } from "../kv_policy.ts";
import { LanguageModel } from "../language_model.ts";
import { readModelConfig } from "../model_config.ts";
import { ReferenceModel, type Visible } from "../reference.ts";
import { openWeights } from "../weights.ts";
import { randomTokens, relativeError, type TemporaryDirectory } from "./random_checkpoint.ts";

/** Tokens of {@linkcode smallConfig}'s vocabulary. */
export const TOKENS = randomTokens(40, 64);

/** A model and its reference, for the time of a test. */
export async function withModel(
  directory: TemporaryDirectory,
  use: (model: LanguageModel, reference: (visible?: Visible) => ReferenceModel) => Promise<void>,
) {
  using _directory = directory;
  using weights = openWeights(directory.path);
  const model = await LanguageModel.open(directory.path);
  const config = readModelConfig(directory.path);
  await use(model, (visible) => new ReferenceModel(config, weights, visible));
  await model.close();
}

/** Logits after each of the tokens. */
export async function prefillLogits(model: LanguageModel, tokens: readonly number[]) {
  const rows: Float32Array[] = [];
  const sequence = await model.sequence();
  await sequence.prefill(tokens, { onLogits: (_, logits) => rows.push(logits.slice()) });
  return rows;
}

/** The same by a step each; the first token is the prompt. */
export async function stepLogits(
  model: LanguageModel,
  tokens: readonly number[],
  policy?: KvPolicy,
) {
  const sequence = await model.sequence(policy && { policy });
  const rows = [await sequence.prefill(tokens.slice(0, 1))];
  for (const token of tokens.slice(1)) rows.push(await sequence.step(token));
  sequence.close();
  return rows;
}

/** The worst relative error of some logits. */
export function worst(
  found: readonly Float32Array[],
  expected: readonly ArrayLike<number>[],
): number {
  equal(found.length, expected.length);
  return Math.max(...found.map((row, i) => relativeError(row, expected[i]!)));
}

/**
 * What the tiny model of this repository loses under a policy.
 *
 * @module
 */
import { openCheckpoint } from "../../../core/eval/checkpoint.ts";
import { checkpointModel } from "../../../core/eval/checkpoint_model.ts";
import { evaluatePerplexity } from "../../../core/eval/perplexity/evaluate.ts";
import { readEvaluatedText } from "../../../core/eval/perplexity/evaluated_text.ts";
import { tinyLlama } from "../../../core/llm/tiny_llama.ts";
import { policyFolder } from "../eval/output_folder.ts";
import { type PolicyResult, settleAll, underEach } from "../eval/policy_runs.ts";
import { EXCERPT, perplexityColumns } from "../eval/ppl.ts";
import { resultTable } from "../eval/result_table.ts";
import type { OpenPolicy } from "../policy/open_policy.ts";
import type { LayerOptions } from "./layer_options.ts";

/**
 * Perplexity of the tokens behind a context of the excerpt, a row a policy.
 *
 * @param tokens to predict
 * @throws {EvaluationInputError} where the model does not hold so many
 */
export async function perplexityFigures(
  policies: readonly OpenPolicy[],
  tokens: number,
  { context, budget }: LayerOptions,
  signal?: AbortSignal,
): Promise<string> {
  await using checkpoint = await openCheckpoint(tinyLlama);
  const folder = await Deno.makeTempDir({ prefix: "kvpim-run-" });
  try {
    const text = readEvaluatedText(EXCERPT);
    const runs = await settleAll({ policies }, checkpoint, { budget, seed: 0 });
    const results: PolicyResult[] = await underEach(
      runs,
      ({ choice, settled }) =>
        evaluatePerplexity({
          model: checkpointModel(checkpoint, settled),
          text,
          out: policyFolder(folder, choice),
          protocol: "once",
          start: context - 1,
          maxTokens: tokens,
          signal,
        }),
    );
    return `${resultTable(results, perplexityColumns(results))}\n`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

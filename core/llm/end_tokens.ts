import * as v from "valibot";
import { CheckpointError } from "./checkpoint_error.ts";

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** `eos_token_id` of config.json and generation_config.json. */
export const EndTokens = v.nullish(v.union([id, v.array(id)]));

/**
 * Ids that end a text; undefined where the file leaves them open.
 *
 * The model's own vocabulary is their bound, not the tokenizer's, which some models exceed.
 *
 * @param file path of the file that states them, for messages
 * @throws {CheckpointError} when one is not in the model's vocabulary: a text would never end by it
 */
export function endTokensOf(
  file: string,
  stated: v.InferOutput<typeof EndTokens>,
  vocabulary: number,
): number[] | undefined {
  if (stated === undefined || stated === null) return undefined;
  const ids = [stated].flat();
  const beyond = ids.find((id) => id >= vocabulary);
  if (beyond === undefined) return ids;
  const expected = `ids below ${vocabulary} (vocab_size of config.json)`;
  throw new CheckpointError(file, "eos_token_id", expected, String(beyond));
}

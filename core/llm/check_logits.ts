import { CheckpointError } from "./checkpoint_error.ts";

/**
 * Checks that logits are what a probability can be made of: none is NaN or Infinity, and not all
 * are -Infinity, which by itself means a token that cannot come. Policies hand the decoder finite
 * numbers only, so that anything else comes of the checkpoint.
 *
 * @param token the last that was fed, counted from 1 in its text
 * @param source file of the weights, for messages
 * @throws {CheckpointError} naming the weights
 *
 * @example
 * ```ts
 * import { checkLogits } from "./check_logits.ts";
 * import { throws } from "node:assert/strict";
 *
 * checkLogits(Float32Array.of(1, -Infinity), 5, "model.safetensors");
 * throws(() => checkLogits(Float32Array.of(1, NaN), 5, "model.safetensors"), {
 *   message: "model.safetensors: logits after token 5: Expected finite numbers but found NaN: " +
 *     "weights or config.json are damaged",
 * });
 * ```
 */
export function checkLogits(
  logits: Float32Array,
  token: number,
  source = "weights",
) {
  const wrong = unusable(logits);
  if (wrong === undefined) return;
  throw new CheckpointError(
    source,
    `logits after token ${token}`,
    "finite numbers",
    `${wrong}: weights or config.json are damaged`,
  );
}

function unusable(logits: Float32Array): number | undefined {
  let top = -Infinity;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]!;
    if (!(logit < Infinity)) return logit;
    if (logit > top) top = logit;
  }
  return top === -Infinity ? top : undefined;
}

import { models } from "../hardware/models.ts";
import { GIBI } from "../hardware/units.ts";
import { type BlockShape, layerHeadDim } from "./layers.ts";
import type { Machine } from "./machine.ts";
import type { Metadata } from "./policy_metadata.ts";
import { addedCacheShare } from "./selection.ts";

/** Bytes of a run, on all devices together. */
interface RequiredBytes {
  readonly weights: number;
  /** Keys and values of all requests. */
  readonly cache: number;
  readonly temporaries: number;
}

/**
 * Bytes that weights, KV cache and temporaries of a run take (AttAcc src/system.py).
 *
 * @param contextTokens tokens at the end of the run: prompt and all generated but the last
 * @param metadata what a policy keeps beside keys and values
 */
export function requiredBytes(
  block: BlockShape,
  contextTokens: number,
  metadata?: Metadata,
): RequiredBytes {
  const { layers, hidden, heads, feedForwardRatio } = models[block.model];
  const { elementBytes, batch } = block;
  const matrices = block.feedForward === "swiglu" ? 3 : 2;
  const width = storedWidth(block);
  const weights = layers * hidden *
    (2 * hidden + 2 * width + matrices * feedForwardRatio * hidden) * elementBytes;
  const scores = contextTokens * heads;
  const largest = Math.max(
    (hidden + scores) * elementBytes,
    hidden * 2 * elementBytes,
    scores * 2 * elementBytes,
    (feedForwardRatio * hidden + hidden) * elementBytes,
  );
  const cache = layers * 2 * contextTokens * width * elementBytes;
  const share = metadata ? addedCacheShare(metadata) : 0;
  return { weights, cache: cache * batch * (1 + share), temporaries: (largest + scores) * batch };
}

/** Elements of a token's key in all heads that are stored. */
function storedWidth(block: BlockShape): number {
  const shape = models[block.model];
  const { keyValueHeads, gpus } = block;
  if (keyValueHeads === Math.floor(shape.heads / gpus)) return shape.hidden;
  return keyValueHeads * gpus * layerHeadDim(shape);
}

/**
 * Refuses a run that does not fit. With attention beside the GPUs the KV cache lies there, and the
 * GPUs hold the weights and temporaries; without, the GPUs hold everything.
 *
 * @throws {RangeError} naming what does not fit where
 */
export function checkCapacity(
  { gpus, accelerator }: Machine,
  { weights, cache, temporaries }: RequiredBytes,
  contextTokens: number,
) {
  const onGpus = weights + temporaries;
  if (accelerator === gpus) {
    return fits("the weights and the KV cache", "GPUs", onGpus + cache, gpus, contextTokens);
  }
  fits("the weights", "GPUs", onGpus, gpus, contextTokens);
  const place = accelerator.kind === "pim" ? "accelerators" : "CPUs";
  fits("the KV cache", place, cache, accelerator, contextTokens);
}

function fits(
  what: string,
  where: string,
  bytes: number,
  { devices, memoryBytes }: { readonly devices: number; readonly memoryBytes: number },
  contextTokens: number,
) {
  if (bytes <= devices * memoryBytes) return;
  throw new RangeError(
    `Expected ${what} to fit the ${devices} ${where} of ${memoryBytes / GIBI} GiB but found ` +
      `${(bytes / GIBI).toFixed(1)} GiB at ${contextTokens} tokens: lower --batch, --lin or --lout`,
  );
}

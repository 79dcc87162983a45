/**
 * Runs a model over a text to find what policies are calibrated to.
 *
 * @module
 */
import type { LayerTokens } from "../kv_policy.ts";
import type { LanguageModel } from "../language_model.ts";
import type { TensorBytes } from "../write_safetensors.ts";
import { tensorName } from "./calibration_file.ts";
import {
  importantChannels,
  principalComponents,
  QueryMagnitudes,
  singularVectors,
} from "./directions.ts";
import { LayerMoments } from "./layer_moments.ts";

/** What to run over. */
export interface CalibrationOptions {
  /** Pieces of a text, each read as a text of its own. */
  readonly windows: readonly (readonly number[])[];
  /** Told how many windows are read, of two passes over them. */
  readonly onWindow?: (done: number, total: number) => void;
}

/**
 * Finds what the policies of this repository that ask for a calibration are calibrated to, for
 * every layer:
 *
 * - `loki`: principal components of the keys, float32 `[kvHeads, headDim, headDim]`;
 * - `double-sparsity`: channels by importance, 16-bit numbers `[queryHeads, headDim]`;
 * - `infinigen`: skewing matrices transposed, float32 `[kvHeads, headDim, headDim]`.
 *
 * Keys and queries are those after the rotary embedding.
 *
 * @returns tensors by the names of a calibration file
 * @throws {RangeError} when a window is empty or longer than the model's context
 */
export async function calibrate(
  model: LanguageModel,
  { windows, onWindow }: CalibrationOptions,
): Promise<Map<string, TensorBytes>> {
  const { layers, queryHeads, kvHeads, headDim } = model.config;
  const shape = { queryHeads, kvHeads, headDim };
  const total = 2 * windows.length;
  const moments = Array.from({ length: layers }, () => new LayerMoments(shape));
  await readAll(model, windows, moments, (done) => onWindow?.(done, total));
  const skews = moments.map((layer) => new QueryMagnitudes(shape, singularVectors(layer)));
  await readAll(model, windows, skews, (done) => onWindow?.(windows.length + done, total));
  const rows = [kvHeads, headDim, headDim];
  const tensors = new Map<string, TensorBytes>();
  for (const [layer, own] of moments.entries()) {
    const add = (
      policy: string,
      type: string,
      shape: number[],
      list: ArrayBufferView<ArrayBuffer>,
    ) =>
      tensors.set(tensorName(policy, layer), { type, shape, bytes: new Uint8Array(list.buffer) });
    add("loki", "F32", rows, principalComponents(own));
    add("double-sparsity", "U16", [queryHeads, headDim], importantChannels(own));
    add("infinigen", "F32", rows, skews[layer]!.ordered());
  }
  return tensors;
}

/** Hands each layer its tokens of all windows. */
async function readAll(
  model: LanguageModel,
  windows: CalibrationOptions["windows"],
  layers: readonly { add(tokens: LayerTokens): void }[],
  onWindow: (done: number) => void,
) {
  for (const [i, window] of windows.entries()) {
    const sequence = await model.sequence({
      maxTokens: Math.max(1, window.length),
      observer: { onPrompt: (layer, tokens) => layers[layer]!.add(tokens) },
    });
    await sequence.prefill(window);
    sequence.close();
    onWindow(i + 1);
  }
}

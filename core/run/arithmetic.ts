/**
 * How this machine computes: kernels for different processors round differently, and what a model
 * decodes depends on the last bit.
 *
 * @module
 */
import { deflateRawSync } from "node:zlib";
import { LanguageModel } from "../llm/language_model.ts";
import type { WeightFormat } from "../llm/onnx/linear.ts";
import { tinyLlama } from "../llm/tiny_llama.ts";
import { sha256 } from "./digest.ts";

/** Threads of a matrix product in a run: bytes do not depend on the number of cores. */
export const THREADS = 1;

const PROMPT = Array.from({ length: 24 }, (_, i) => 3 + 37 * i);

const known = new Map<WeightFormat, Promise<string>>();

/**
 * SHA-256 of what the model of this repository makes of a fixed text, compressed as traces are.
 * Machines with the same one are taken to decode every model to the same bytes.
 */
export function arithmeticDigest(format: WeightFormat): Promise<string> {
  let digest = known.get(format);
  if (!digest) {
    digest = measure(format);
    known.set(format, digest);
    digest.catch(() => known.delete(format));
  }
  return digest;
}

async function measure(format: WeightFormat): Promise<string> {
  const model = await LanguageModel.open(tinyLlama, { format, threads: THREADS });
  try {
    const sequence = await model.sequence();
    const prompt = (await sequence.prefill(PROMPT)).slice();
    const step = await sequence.step(PROMPT[0]!);
    const bytes = [prompt, step].flatMap((
      { buffer, byteOffset, byteLength },
    ) => [...deflateRawSync(new Uint8Array(buffer, byteOffset, byteLength))]);
    sequence.close();
    return sha256(Uint8Array.from(bytes));
  } finally {
    await model.close();
  }
}

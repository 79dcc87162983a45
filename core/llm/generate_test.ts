import { deepEqual, equal } from "node:assert/strict";
import { generate } from "./generate.ts";
import { LanguageModel } from "./language_model.ts";
import { SeededRandom } from "./random.ts";
import { greedy, sampler } from "./sampling.ts";
import { randomCheckpoint } from "./testing/random_checkpoint.ts";

const PROMPT = [3, 1, 4, 1, 5];

async function withModel(use: (model: LanguageModel) => Promise<void>) {
  using directory = randomCheckpoint();
  const model = await LanguageModel.open(directory.path);
  await use(model);
  await model.close();
}

Deno.test("each token is the sampler's choice of the logits after the one before", () =>
  withModel(async (model) => {
    const sequence = await model.sequence();
    const logits = await sequence.prefill(PROMPT);
    const tokens = await Array.fromAsync(generate(sequence, logits, { maxNewTokens: 6 }));
    const expected = [...PROMPT];
    for (let i = 0; i < 6; i++) {
      const again = await model.sequence();
      expected.push(greedy(await again.prefill(expected)));
    }
    deepEqual(tokens, expected.slice(PROMPT.length));
    // The last token is given out, not fed.
    equal(sequence.length, PROMPT.length + 5);
  }));

Deno.test("an end token ends the text and is not part of it", () =>
  withModel(async (model) => {
    const tokens = async (endTokens: number[]) => {
      const sequence = await model.sequence();
      const logits = await sequence.prefill(PROMPT);
      return Array.fromAsync(generate(sequence, logits, { maxNewTokens: 8, endTokens }));
    };
    const whole = await tokens([]);
    const end = whole[3]!;
    deepEqual(await tokens([end]), whole.slice(0, whole.indexOf(end)));
  }));

Deno.test("generation stops where the room ends", () =>
  withModel(async (model) => {
    const sequence = await model.sequence({ maxTokens: 7 });
    const logits = await sequence.prefill(PROMPT);
    const tokens = await Array.fromAsync(generate(sequence, logits, { maxNewTokens: 99 }));
    equal(tokens.length, 3);
    equal(sequence.length, 7);
  }));

Deno.test("the same seed writes the same text", () =>
  withModel(async (model) => {
    const tokens = async (seed: number) => {
      const sequence = await model.sequence();
      const logits = await sequence.prefill(PROMPT);
      const options = { maxNewTokens: 20, sampler: sampler(new SeededRandom(seed)) };
      return Array.fromAsync(generate(sequence, logits, options));
    };
    const first = await tokens(1);
    deepEqual(await tokens(1), first);
    equal((await tokens(2)).join() === first.join(), false);
  }));

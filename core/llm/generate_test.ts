import { deepEqual, equal } from "node:assert/strict";
import { generate, type GenerateOptions, generateTogether } from "./generate.ts";
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

Deno.test("an end token ends the text and is the last of it", () =>
  withModel(async (model) => {
    const tokens = async (endTokens: number[]) => {
      const sequence = await model.sequence();
      const logits = await sequence.prefill(PROMPT);
      return Array.fromAsync(generate(sequence, logits, { maxNewTokens: 8, endTokens }));
    };
    const whole = await tokens([]);
    const end = whole[3]!;
    deepEqual(await tokens([end]), whole.slice(0, whole.indexOf(end) + 1));
  }));

/** Tokens of a sequence whose likeliest token is the one after the last, and then 0. */
function counted(first: number, options: Omit<GenerateOptions, "maxNewTokens">) {
  const logits = (token: number) => {
    const values = new Float32Array(9);
    values[0] = 1;
    values[token] = 2;
    return values;
  };
  const sequence = { step: (token: number) => Promise.resolve(logits(token + 1)) };
  return Array.fromAsync(generate(sequence, logits(first), { maxNewTokens: 4, ...options }));
}

Deno.test("an end token at the first place ends, is passed over or barred, as is asked", async () => {
  const endTokens = [3, 5];
  deepEqual(await counted(3, { endTokens }), [3]);
  deepEqual(await counted(3, { endTokens, firstEnd: "ignored" }), [3, 4, 5]);
  deepEqual(await counted(3, { endTokens, firstEnd: "barred" }), [0, 1, 2, 3]);
  deepEqual(await counted(4, { endTokens, firstEnd: "barred" }), [4, 5]);
});

Deno.test("a single token needs no step", async () => {
  const step = () => Promise.reject(new Error("a step was made"));
  deepEqual(
    await Array.fromAsync(generate({ step }, Float32Array.of(1, 2), { maxNewTokens: 1 })),
    [1],
  );
});

Deno.test("sequences that are continued together are as each alone", () =>
  withModel(async (model) => {
    const prompts = [PROMPT, [2, 7], [1, 8, 2, 8]];
    const begin = async (prompt: readonly number[], i: number) => {
      const sequence = await model.sequence();
      const logits = await sequence.prefill(prompt);
      const options = { maxNewTokens: 4 + 3 * i, sampler: sampler(new SeededRandom(5)) };
      return { ...options, sequence, logits };
    };
    const alone: number[][] = [];
    for (const [i, prompt] of prompts.entries()) {
      const { sequence, logits, ...options } = await begin(prompt, i);
      alone.push(await Array.fromAsync(generate(sequence, logits, options)));
    }
    const batch: Awaited<ReturnType<typeof begin>>[] = [];
    for (const [i, prompt] of prompts.entries()) batch.push(await begin(prompt, i));
    const together: number[][] = prompts.map(() => []);
    const sizes: number[] = [];
    const step: LanguageModel["step"] = (sequences, tokens) => {
      sizes.push(sequences.length);
      return model.step(sequences, tokens);
    };
    for await (const { index, token, last } of generateTogether(step, batch)) {
      together[index]!.push(token);
      equal(last, together[index]!.length === batch[index]!.maxNewTokens);
    }
    deepEqual(together, alone);
    // 4, 7 and 10 tokens, the last of each not fed.
    deepEqual(sizes, [3, 3, 3, 2, 2, 2, 1, 1, 1]);
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

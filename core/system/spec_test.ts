import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { parseSystemSpec, type SystemOptions } from "./spec.ts";

const refuses = (input: unknown, message: string | RegExp) =>
  throws(() => parseSystemSpec(input), { name: "RangeError", message });

Deno.test("nothing given means the artifact's defaults", () => {
  const { switches: _, ...spec } = parseSystemSpec({});
  deepEqual(spec, {
    system: "dgx",
    gpu: "A100a",
    ngpu: 8,
    gmemcap: 80,
    pim: "bank",
    powerlimit: false,
    ffopt: false,
    pipeopt: false,
    model: "GPT-175B",
    word: 2,
    lin: 2048,
    lout: 128,
    batch: 1,
    sparsity: null,
    clustering: "none",
    selection: "none",
    selectionParameters: {},
    rows: "compact",
    locality: null,
    seed: 1,
    sampledSteps: 256,
    profile: "artifact",
  });
});

Deno.test("a batch has the heads that a stack of memory takes, where attention runs in memory", () => {
  const options = (batch: number, more: SystemOptions = {}): SystemOptions => ({
    system: "dgx-attacc",
    model: "Mistral-7B",
    batch,
    ...more,
  });
  equal(parseSystemSpec(options(5120)).batch, 5120);
  refuses(
    options(5121),
    "Expected --batch to be a whole number from 1 to 5120, which is what a stack has heads for " +
      "with Mistral-7B on 8 GPUs, but found 5121",
  );
  // One head of a request is read for four queries.
  equal(parseSystemSpec(options(20_480, { profile: "corrected" })).batch, 20_480);
  refuses(options(20_481, { profile: "corrected" }), /from 1 to 20480, .* but found 20481$/);
  equal(parseSystemSpec(options(2 ** 20, { system: "dgx" })).batch, 2 ** 20);
});

Deno.test("parsing what was parsed changes nothing", () => {
  const options: SystemOptions = {
    system: "dgx-attacc",
    sparsity: { kvBudgets: [256, 512] },
    switches: { "odd-tail": "per-step" },
  };
  const spec = parseSystemSpec(options);
  deepEqual(parseSystemSpec(spec), spec);
});

Deno.test("a selection has its policy's parameters, defaults filled in, and no others", () => {
  const parameters = (options: SystemOptions) => parseSystemSpec(options).selectionParameters;
  deepEqual(parameters({ selection: "sparq" }), { rank: 32 });
  deepEqual(parameters({ selection: "quest", selectionParameters: { "page-tokens": 32 } }), {
    "page-tokens": 32,
  });
  refuses(
    { selection: "sparq", selectionParameters: { rank: 0 } },
    "Expected --selection sparq to have a rank above 0 but found 0",
  );
  refuses(
    { selection: "quest", selectionParameters: { rank: 8 } },
    "Expected --selection quest to be given page-tokens but found rank",
  );
  refuses(
    { selectionParameters: { rank: 8 } },
    "Expected --selection none to be given no parameters but found rank",
  );
});

Deno.test("an unknown model lists the known ones", () => {
  refuses(
    { model: "GPT-4" },
    /^Expected --model to be one of GPT-175B, .*Llama-8B but found GPT-4$/,
  );
});

Deno.test("nothing is generated with one token out", () => {
  refuses({ lout: 1 }, "Expected --lout to be at least 2 but found 1: nothing is generated");
});

Deno.test("sizes are whole and within bounds", () => {
  for (const lin of [0, -1, 1.5, NaN, Infinity, 2 ** 24 + 1, "2048", null, [1]]) {
    refuses({ lin }, /^Expected --lin to be a whole number from 1 to 16777216 but found /);
  }
  for (const lout of [0, -5, 2.5, 2 ** 25, "4"]) {
    refuses({ lout }, /^Expected --lout to be a whole number from 2 to 1048576 but found /);
  }
  for (const batch of [0, -1, 1e9]) refuses({ batch }, /^Expected --batch to be a whole number/);
  refuses({ ngpu: 0 }, "Expected --ngpu to be a whole number from 1 to 1024 but found 0");
  refuses({ gmemcap: -80 }, /^Expected --gmemcap to be a whole number/);
  refuses({ word: 4 }, "Expected --word to be 2 (W16A16) or 1 (W8A8) but found 4");
  refuses(
    { lin: 2 ** 24, lout: 3 },
    "Expected --lin and --lout to reach at most 16777216 tokens but found 16777218",
  );
});

Deno.test("names are known ones", () => {
  refuses(
    { system: "dgx-pim" },
    "Expected --system to be one of dgx, dgx-cpu, dgx-attacc but found dgx-pim",
  );
  refuses({ gpu: "B200" }, "Expected --gpu to be one of A100a, H100 but found B200");
  refuses({ pim: "bankgroup" }, /^Expected --pim to be one of bank, bg, buffer/);
  refuses({ profile: "paper" }, /^Expected --profile to be one of artifact, attacc/);
  refuses({ powerlimit: "yes" }, "Expected --powerlimit to be true or false but found yes");
  refuses({ lenght: 3 }, "Expected only known options but found lenght");
  refuses({ "a\nb": 3 }, "Expected only known options but found 'a\\nb'");
  refuses(null, "Expected options but found null");
});

Deno.test("there is a head for every GPU", () => {
  refuses(
    { model: "Mistral-7B", ngpu: 33 },
    "Expected --ngpu to be at most 32, the heads of Mistral-7B, but found 33",
  );
});

Deno.test("sparsity is given in exactly one way", () => {
  const message = "Expected sparsity to be given by exactly one of kvBudget, kvBudgets and ratio";
  refuses({ sparsity: {} }, message);
  refuses({ sparsity: { kvBudget: 1, ratio: 0.5 } }, message);
  refuses({ sparsity: { kvBudget: 0 } }, /^Expected --kv_budget to be a whole number from 1 to/);
  refuses({ sparsity: { kvBudgets: [] } }, /at least one entry/);
  refuses({ sparsity: { kvBudgets: [1, 2.5] } }, /^Expected a budget to be a whole number/);
  for (const ratio of [0, -0.1, 1.01, NaN]) {
    refuses(
      { sparsity: { ratio } },
      /^Expected --sparsity_ratio to be a number above 0 and up to 1/,
    );
  }
  refuses({ sparsity: { kvBudget: 1, rowSize: 0 } }, /^Expected --row_size to be a whole number/);
});

Deno.test("clustering runs at the bank only", () => {
  const options = { system: "dgx-attacc", pim: "bg", clustering: "last-step" };
  refuses(
    { ...options, sparsity: { kvBudget: 64 } },
    "Expected --clustering last-step with --pim bank but found --pim bg: STARC describes no other",
  );
  equal(parseSystemSpec(options).clustering, "last-step");
});

Deno.test("a switch that is none is refused", () => {
  refuses(
    { switches: { "gpu-time-divisor": 9 } },
    "Expected --switch gpu-time-divisor to be 8 or 1 but found 9",
  );
  refuses(
    { switches: { "odd-tail": true } },
    "Expected a --switch to be text or a number but found true",
  );
  refuses({ switches: ["odd-tail"] }, /^Expected a?/);
});

Deno.test("whatever is given is an experiment or one line that refuses it", () => {
  const names = [...Object.keys(parseSystemSpec({})), "other"];
  const anything = fc.anything({ withBigInt: true, withDate: true, withTypedArray: true });
  const entries = fc.dictionary(fc.constantFrom(...names), anything);
  fc.assert(fc.property(fc.oneof(anything, entries), (input) => {
    try {
      const spec = parseSystemSpec(input);
      deepEqual(parseSystemSpec(spec), spec);
    } catch (error) {
      ok(error instanceof RangeError);
      ok(/^Expected [^\n]+$/.test(error.message), error.message);
    }
  }));
});

import { deepEqual, equal, rejects } from "node:assert/strict";
import fc from "fast-check";
import { gpus } from "../hardware/gpus.ts";
import { models } from "../hardware/models.ts";
import { parseSystemSpec, type SystemOptions } from "../system/spec.ts";
import { profiles } from "../system/switches.ts";
import { namesOf } from "./experiment_schema.ts";
import { resolveRunSpec } from "./run_spec.ts";

const mostly = <T>(valid: fc.Arbitrary<T>, ...others: unknown[]) =>
  fc.oneof({ weight: 20, arbitrary: valid }, { weight: 1, arbitrary: fc.constantFrom(...others) });

/** Values about the bounds of a whole number, and what is none. */
const size = mostly(
  fc.integer({ min: 2, max: 30 }),
  -1,
  0,
  1,
  1024,
  1025,
  2 ** 20,
  2 ** 20 + 1,
  2 ** 24,
  2 ** 24 + 1,
  2 ** 53,
  0.5,
  "8",
  null,
  true,
);
const word = <T>(...values: T[]) => mostly(fc.constantFrom(...values), "other", 3, null);

const sparsity = fc.oneof(
  fc.constantFrom(null, { kvBudget: 5 }, { ratio: 0.5, rowSize: 8 }, { kvBudgets: [3, 4] }),
  fc.record({
    kvBudget: size,
    kvBudgets: fc.oneof(fc.array(size, { maxLength: 3 }), fc.constant(7)),
    ratio: fc.constantFrom(0, 0.25, 1, 1.5, "1"),
    rowSize: size,
    other: fc.constant(1),
  }, { requiredKeys: [] }),
);

const experiment = fc.record({
  system: word("dgx", "dgx-cpu", "dgx-attacc"),
  gpu: word(...namesOf(gpus)),
  ngpu: size,
  gmemcap: size,
  pim: word("bank", "bg", "buffer"),
  powerlimit: word(true, false),
  ffopt: word(true, false),
  pipeopt: word(true, false),
  model: word(...namesOf(models)),
  word: word(1, 2),
  lin: size,
  lout: size,
  batch: size,
  sparsity,
  clustering: word("none", "last-step", "online"),
  selection: word("none", "quest", "starc", "sparq", "declared"),
  selectionParameters: mostly(
    fc.constantFrom({}, { rank: 8 }, { "page-tokens": 32 }),
    { rank: 0 },
    { rank: "8" },
    [8],
    null,
  ),
  rows: word("compact", "scattered"),
  locality: mostly(fc.constantFrom(null, 1, 2.5), 0, 0.5, "1", 2 ** 25),
  seed: mostly(fc.constantFrom(0, 7, 2 ** 32 - 1), -1, 2 ** 32, 0.5),
  sampledSteps: mostly(fc.constantFrom(16, 256), 15, 2 ** 21, "16"),
  profile: word(...profiles),
  switches: mostly(
    fc.constantFrom({}, { "odd-tail": "once" }, { "gpu-time-divisor": 1 }),
    { other: 1 },
    { "odd-tail": "twice" },
    5,
  ),
}, { requiredKeys: [] }) as fc.Arbitrary<SystemOptions>;

async function accepts(action: () => unknown): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

Deno.test("a run accepts exactly the experiments that the system accepts", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(experiment, async (options) => {
      const expected = await accepts(() => parseSystemSpec(options));
      accepted += Number(expected);
      const run = { kind: "simulate", experiment: options };
      equal(await accepts(() => resolveRunSpec(run)), expected);
    }),
    { numRuns: 3000 },
  );
  equal(accepted > 100, true, "too few of them were valid to show anything");
});

Deno.test("every field left out has the system's default", async () => {
  const { spec } = await resolveRunSpec({ kind: "simulate" });
  deepEqual(spec.kind === "simulate" && spec.experiment, parseSystemSpec({}));
});

for (
  const [input, pointer, expected, received] of [
    [{}, "/kind", '("simulate" | "dram" | "evaluate")', "nothing"],
    [[], "/kind", '("simulate" | "dram" | "evaluate")', "nothing"],
    [{ kind: "simulate", experiment: [] }, "/experiment", "an object", "[]"],
    [
      { kind: "dram", program: { contextTokens: 1 }, commands: [] },
      "/commands",
      "an object",
      "[]",
    ],
    [
      { kind: "simulate", experiment: { switches: [] } },
      "/experiment/switches",
      "an object",
      "[]",
    ],
    [{ kind: "dram" }, "/program", "an object", "nothing"],
    [{ kind: "dram", program: {} }, "/program/contextTokens", /^a whole number from 1/, "nothing"],
    [{ kind: "simulate", memory: "x" }, "/memory", /^one of hbm3-pim, .* or the digest/, '"x"'],
    [{ kind: "simulate", experiment: { lin: Infinity } }, "/experiment/lin", /^a/, "Infinity"],
    [
      { kind: "simulate", experiment: { switches: { "odd-tail": "twice" } } },
      "/experiment/switches/odd-tail",
      /^switch odd-tail to be /,
      "twice",
    ],
    [
      { kind: "simulate", experiment: { selection: "sparq", selectionParameters: { rank: 0 } } },
      "/experiment/selectionParameters/rank",
      "selection sparq to have a rank above 0",
      "0",
    ],
    [
      { kind: "simulate", experiment: { selection: "sparq", selectionParameters: { rang: 1 } } },
      "/experiment/selectionParameters/rang",
      "selection sparq to be given rank",
      "rang",
    ],
    [{ kind: "simulate", experiment: { lout: 1 } }, "/experiment/lout", /whole number from 2/, "1"],
    [{ kind: "simulate", experiment: { model: "x" } }, "/experiment/model", /^one of GPT/, '"x"'],
    [
      { kind: "simulate", experiment: { ngpu: 41, model: "GPT-13B" } },
      "/experiment/ngpu",
      /40/,
      "41",
    ],
    [
      {
        kind: "simulate",
        experiment: { system: "dgx-attacc", model: "Mistral-7B", batch: 1_000_000 },
      },
      "/experiment/batch",
      /whole number from 1 to 5120, /,
      "1000000",
    ],
    [
      { kind: "simulate", experiment: { sparsity: { kvBudgets: [5, 0] } } },
      "/experiment/sparsity/kvBudgets/1",
      /whole number/,
      "0",
    ],
    [
      {
        kind: "simulate",
        experiment: { sparsity: { kvBudgetTable: { name: "kv.txt", text: "16\nx\n" } } },
      },
      "/experiment/sparsity/kvBudgetTable",
      /whole number of tokens/,
      '"x"',
    ],
    [
      { kind: "simulate", experiment: { sparsity: { kvBudgets: `sha256:${"0".repeat(64)}` } } },
      "/experiment/sparsity/kvBudgets",
      "content that this store has kept",
      `sha256:${"0".repeat(64)}`,
    ],
    [
      { kind: "simulate", experiment: { switches: { a: 1 } } },
      "/experiment/switches/a",
      /no such/,
      '"a"',
    ],
    [
      { kind: "dram", program: { contextTokens: 9, pim: "buffer", clustering: true } },
      "/program/clustering",
      /bank/,
      "pim buffer",
    ],
    [5, "", /./, "5"],
  ] as const
) {
  Deno.test(`a mistake at ${pointer || "the whole"} says where it is, what was expected and found: ${received}`, async () => {
    const is = (found: string, wanted: string | RegExp) =>
      typeof wanted === "string" ? found === wanted : wanted.test(found);
    await rejects(
      resolveRunSpec(input),
      (error: { pointer: string; expected: string; received: string }) => {
        equal(error.pointer, pointer);
        equal(is(error.expected, expected), true, error.expected);
        equal(is(error.received, received), true, error.received);
        return true;
      },
    );
  });
}

/**
 * What every policy must do, whatever its idea.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert/strict";
import { PluginFailure, type Policy, unwrap } from "../host/mod.ts";
import type { ParameterValue } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { isPluginName, NAME_WORDS, shownName } from "../../wasm/sdk/plugin_name.ts";
import { type Check, ConformanceError, expect } from "./check.ts";
import { PolicyRun, type PolicyRunOptions, type RunStep } from "./policy_run.ts";

/** What a policy is tested with. */
export interface Tested {
  readonly policy: Policy;
  readonly parameters: readonly ParameterValue[];
  /** For policies that ask for it. */
  readonly calibration?: Uint8Array;
}

/** That a policy does not care how generated tokens are cut into blocks. */
export const TAKES_TOKENS_AT_ONCE: Check<Tested> = {
  name: "chooses the same however generated tokens are cut",
  leftOut: async ({ policy, parameters }) => {
    const { observesSteps } = unwrap(await policy.describe(parameters));
    return observesSteps
      ? "it observes every step, so what it is told depends on how many steps there are"
      : undefined;
  },
  run: takesTokensAtOnce,
};

const SHAPE = { queryHeads: 8, kvHeads: 2, headDim: 64 };
const LONG_CONTEXT = 32_768;

/** All checks, in the order in which they run. */
export const POLICY_CHECKS: readonly Check<Tested>[] = [
  { name: "describes itself by a name, a version and distinct parameters", run: describes },
  { name: "keeps to its budget, with tokens that are present, each once a head", run: keepsBudget },
  { name: "answers the same for the same seed", run: repeats },
  { name: "answers the same however the prompt is cut", run: takesPieces },
  TAKES_TOKENS_AT_ONCE,
  { name: "serves 1, 4 and 8 query heads a KV head", run: servesGroups },
  { name: "begins with an empty cache, and with one token", run: beginsSmall },
  { name: "bears NaN, infinite and huge values", run: bearsHostile },
  { name: `serves a context of ${LONG_CONTEXT} tokens`, run: servesLong },
  { name: "declines parameters it does not have", run: declinesParameters },
];

/** The checks that take moments. */
export const QUICK_POLICY_CHECKS: readonly Check<Tested>[] = POLICY_CHECKS.filter(({ run }) =>
  run !== servesLong
);

async function describes({ policy, parameters }: Tested) {
  const { name, version, parameters: declared } = unwrap(await policy.describe(parameters));
  expect(isPluginName(name), NAME_WORDS, shownName(name));
  expect(/^\d+\.\d+\.\d+/.test(version), "a semantic version such as 0.1.0", version);
  const names = declared.map((parameter) => parameter.name);
  expect(new Set(names).size === names.length, "distinct parameters", names.join(", "));
}

/** Steps through several budgets and lengths; the host checks every answer. */
async function keepsBudget(tested: Tested) {
  for (const [budget, prompt] of [[1, 40], [16, 130], [64, 300], [512, 100]] as const) {
    const steps = await run(tested, { budget, maxTokens: prompt + 70 }, [prompt], 70);
    for (const { visible } of steps) {
      const empty = visible.findIndex((tokens) => tokens.length === 0);
      expect(empty < 0, "at least one token a head", `none for head ${empty}, budget ${budget}`);
    }
  }
}

async function repeats(tested: Tested) {
  const options = { budget: 32, maxTokens: 200, seed: 11 };
  const first = await run(tested, options, [150], 20);
  same(await run(tested, options, [150], 20), first, "the same answers");
}

async function takesPieces(tested: Tested) {
  const options = { budget: 32, maxTokens: 200 };
  const whole = await run(tested, options, [151], 5);
  for (const pieces of [[1, 150], [64, 64, 23], [50, 1, 1, 99]]) {
    const cut = await run(tested, options, pieces, 5);
    same(cut, whole, `the answers to a prompt of 151 tokens, given as ${pieces.join(" + ")},`);
  }
}

/**
 * Only what is chosen is compared: updates come in other pieces, and where a token lies may depend
 * on which slots were free when it came.
 */
async function takesTokensAtOnce(tested: Tested) {
  for (const [budget, prompt] of [[32, 100], [64, 3]] as const) {
    const chosen = async (blocks: readonly number[]) => {
      const steps = await run(tested, { budget, maxTokens: 200 }, [prompt], 3, blocks);
      return steps.map(({ selection, visible }) => ({ selection, visible }));
    };
    const one = await chosen(new Array(71).fill(1));
    for (const blocks of [[71], [7, 64], [1, 2, 33, 35]]) {
      const cut = `71 tokens after a prompt of ${prompt}, added as ${blocks.join(" + ")},`;
      same(await chosen(blocks), one, `the choices for ${cut} and one by one`);
    }
  }
}

async function servesGroups(tested: Tested) {
  for (const [queryHeads, kvHeads] of [[4, 4], [8, 2], [8, 1]] as const) {
    const shape = { queryHeads, kvHeads, headDim: 128 };
    await run(tested, { shape, budget: 32, maxTokens: 120 }, [100], 4);
  }
}

async function beginsSmall(tested: Tested) {
  await run(tested, { budget: 8, maxTokens: 40 }, [], 30);
  await run(tested, { budget: 8, maxTokens: 40 }, [1], 30);
}

async function bearsHostile(tested: Tested) {
  const options = { budget: 32, maxTokens: 200, texture: "hostile" } as const;
  const first = await run(tested, options, [150], 20);
  same(await run(tested, options, [150], 20), first, "the same answers");
}

async function servesLong(tested: Tested) {
  await run(tested, { budget: 1024, maxTokens: LONG_CONTEXT }, [LONG_CONTEXT - 2], 2);
}

async function declinesParameters({ policy, parameters }: Tested) {
  const declared = unwrap(await policy.describe()).parameters.length;
  const values = parameters.length === declared ? parameters : [];
  const one: ParameterValue = { tag: "integer", value: 1 };
  const tooMany = [...values, ...Array.from({ length: declared + 1 - values.length }, () => one)];
  const outcome = await policy.describe(tooMany);
  const found = outcome.kind === "ok" ? "an answer" : new PluginFailure(outcome).message;
  expect(outcome.kind === "declined", `an error for ${tooMany.length} parameters`, found);
}

/** Runs a layer from its prompt on; blocks of generated tokens may come before the first step. */
async function run(
  { policy, parameters, calibration }: Tested,
  options: Partial<PolicyRunOptions> & Pick<PolicyRunOptions, "budget" | "maxTokens">,
  prompt: readonly number[],
  steps: number,
  generated: readonly number[] = [],
): Promise<RunStep[]> {
  const layer = await PolicyRun.open(policy, {
    shape: SHAPE,
    parameters,
    ...calibration && { calibration },
    ...options,
  });
  try {
    await layer.prefill(prompt);
    await layer.append(generated);
    const taken: RunStep[] = [];
    for (let step = 0; step < steps; step++) {
      const { milliseconds: _, ...answers } = await layer.step();
      taken.push(answers);
    }
    return taken;
  } finally {
    layer.close();
  }
}

function same(found: readonly unknown[], expected: readonly unknown[], what: string) {
  found.forEach((step, i) => {
    try {
      deepStrictEqual(step, expected[i]);
    } catch {
      throw new ConformanceError(
        `expected ${what} to be the same but found others in step ${i + 1}`,
      );
    }
  });
}

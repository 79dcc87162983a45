/**
 * For tests only: a plugin must do what its reference does, call by call.
 *
 * @module
 */
import { deepStrictEqual as deepEqual } from "node:assert/strict";
import * as fc from "fast-check";
import type { Calibration, ReferencePolicy, Shape, Update, Weights } from "../reference/policy.ts";
import type { Policy } from "../../core/host/mod.ts";
import type { Description } from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { builtPolicy } from "./built_plugin.ts";
import { CacheModel } from "./cache_model.ts";
import { openSession, type Parameters } from "./plugin_session.ts";
import { type Scenario, scenarios, shapeOf, Source } from "./scenario.ts";

/** A plugin with certain parameters, and what it must equal. */
export interface Pair {
  /** What sets this pair apart from the plugin's other ones: `"keeps the last page"`. */
  readonly name: string;
  readonly parameters?: Parameters;
  readonly reference: (shape: Shape, calibration: Calibration) => ReferencePolicy;
  readonly calibration?: (shape: Shape) => Calibration;
  /** Restricts shapes; a random or an edge scenario is what this makes of it. */
  readonly adapt?: (scenario: Scenario) => Scenario;
  /**
   * Makes of a long scenario what the reference does within a second or two. Without it the first
   * pair of a plugin takes them whole, and the others none.
   */
  readonly shorten?: (scenario: Scenario) => Scenario;
}

const ALL_PROMPT_QUERIES = 2 ** 32 - 1;

/** Scenarios everybody must pass beside the random ones. */
export const EDGE_SCENARIOS: readonly Scenario[] = [
  edge({ shape: shapeOf({ budget: 1 }), promptBlocks: [1] }),
  edge({ shape: shapeOf({ budget: 64, queryHeads: 8 }), promptBlocks: [130], steps: 66 }),
  // Everything grows from nothing, by odd numbers of clusters and pages.
  edge({ shape: shapeOf({ budget: 64 }), promptBlocks: [1], steps: 150 }),
  edge({ shape: shapeOf({ budget: 256, headDim: 16, queryHeads: 1 }), promptBlocks: [2000, 2096] }),
  edge({ shape: shapeOf({ budget: 40 }), promptBlocks: [150], texture: "hostile", seed: 5 }),
  edge({ shape: shapeOf({ budget: 40 }), promptBlocks: [90], texture: "hostile", seed: 6 }),
];

/** Head size, groups, budget and lengths of a layer as it is served, up to 4,096 tokens at the end. */
export const LONG_SCENARIOS: readonly Scenario[] = [
  edge({ shape: layer(4), promptBlocks: [2500, 1497], steps: 3, seed: 9 }),
  edge({ shape: layer(8), promptBlocks: [4093], steps: 3, seed: 10 }),
];

function layer(queryHeads: number): Shape {
  return shapeOf({ kvHeads: 1, queryHeads, headDim: 128, budget: 1024 });
}

function edge(changes: Partial<Scenario>): Scenario {
  return {
    shape: shapeOf({}),
    promptBlocks: [10],
    steps: 2,
    texture: "smooth",
    seed: 3,
    ...changes,
  };
}

const same = (scenario: Scenario): Scenario => scenario;

/**
 * Registers the tests that hold a plugin to its references.
 *
 * @param options.skipped Why they cannot run here, if they cannot
 */
export function testAgainstReference(
  plugin: string,
  pairs: readonly Pair[],
  { skipped }: { readonly skipped?: string | undefined } = {},
): void {
  for (const [index, pair] of pairs.entries()) {
    const { adapt = same, shorten = index === 0 ? same : undefined } = pair;
    const name = `${plugin} (${pair.name}) selects what the algorithm selects`;
    const ignore = skipped !== undefined;
    Deno.test({ name: ignore ? `${name} (skipped: ${skipped})` : name, ignore }, async (t) => {
      const policy = await builtPolicy(plugin);
      await t.step("edge cases, long contexts and hostile values", async () => {
        for (const scenario of EDGE_SCENARIOS) await compare(policy, pair, adapt(scenario));
      });
      if (shorten !== undefined) {
        await t.step("groups of 4 and 8, heads of 128 channels, about 4,000 tokens", async () => {
          for (const scenario of LONG_SCENARIOS) await compare(policy, pair, shorten(scenario));
        });
      }
      await t.step("any shape", async () => {
        await fc.assert(
          fc.asyncProperty(scenarios(), (scenario) => compare(policy, pair, adapt(scenario))),
          { numRuns: 30, seed: 20260324 },
        );
      });
    });
  }
}

/** Runs one scenario through both. */
export async function compare(policy: Policy, pair: Pair, scenario: Scenario): Promise<void> {
  const { shape, promptBlocks, steps } = scenario;
  const source = new Source(scenario);
  const calibration = pair.calibration?.(shape) ?? new Uint8Array();
  const plugin = await openSession(policy, shape, pair.parameters, calibration);
  const { description } = plugin;
  const reference = pair.reference(shape, calibration);
  const cache = new CacheModel(shape, description.budget);
  const apply = (update: Update, expected: Update): void => {
    deepEqual(update, expected);
    cache.update(update);
  };
  for (const count of promptBlocks) {
    const block = source.keys(count);
    await plugin.prefill(block);
    reference.prefill(block);
    cache.add(count);
  }
  cache.endPrompt();
  const prompt = promptWeights(description, cache, source);
  apply(await plugin.endPrefill(prompt), reference.endPrefill(prompt));
  for (let step = 0; step < steps; step++) {
    const block = source.keys(1);
    cache.add(1);
    apply(await plugin.append(block), reference.append(block));
    const queries = { queries: source.queries(), speculated: source.queries() };
    const selection = await plugin.select(queries);
    deepEqual(selection, reference.select(queries));
    const tokens = cache.visible(selection);
    if (!description.observesSteps) continue;
    const weights = weigh(tokens, source);
    apply(await plugin.observe(weights), reference.observe(weights));
  }
  plugin.close();
}

function promptWeights(
  { observedPromptQueries }: Description,
  cache: CacheModel,
  source: Source,
): Weights {
  if (observedPromptQueries === 0) return { tokens: [], weights: [] };
  const scale = observedPromptQueries === ALL_PROMPT_QUERIES ? 4 : 1;
  const { tokens, weights } = weigh(cache.present(), source);
  return { tokens, weights: weights.map((own) => own.map((weight) => weight * scale)) };
}

function weigh(tokens: readonly number[][], source: Source): Weights {
  return { tokens, weights: tokens.map((own) => source.weights(own)) };
}

import { PqcacheReference, type PqcacheSettings } from "../reference/pqcache.ts";
import { testAgainstReference } from "../testing/equality.ts";

const DEFAULTS: PqcacheSettings = {
  sinkTokens: 32,
  parts: 2,
  bits: 6,
  recentFraction: 0.5,
  iterations: 10,
};

testAgainstReference("pqcache", [
  {
    name: "defaults, prompts of up to 200 tokens",
    reference: (shape) => new PqcacheReference(shape, DEFAULTS),
    adapt: (scenario) => ({
      ...scenario,
      promptBlocks: scenario.promptBlocks.map((count) => Math.min(count, 100)).slice(0, 2),
    }),
    // The reference looks for the nearest of 64 centroids ten times over: 17 s for 3,800 tokens.
    shorten: (scenario) => ({
      ...scenario,
      shape: { ...scenario.shape, budget: 128 },
      promptBlocks: [512],
    }),
  },
  {
    name: "one part, few codes",
    parameters: {
      "sink-tokens": 4,
      "parts": 1,
      "bits": 3,
      "recent-fraction": 0.25,
      "iterations": 3,
    },
    reference: (shape) =>
      new PqcacheReference(shape, {
        sinkTokens: 4,
        parts: 1,
        bits: 3,
        recentFraction: 0.25,
        iterations: 3,
      }),
    shorten: (scenario) => scenario,
  },
]);

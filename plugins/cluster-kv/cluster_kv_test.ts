import { ClusterKvReference, type ClusterKvSettings } from "../reference/cluster_kv.ts";
import { testAgainstReference } from "../testing/equality.ts";

const DEFAULTS: ClusterKvSettings = {
  sinkTokens: 16,
  clusters: 400,
  iterations: 20,
  windowTokens: 0,
  windowClusters: 8,
};

testAgainstReference("cluster-kv", [
  {
    name: "defaults, prompts of up to 200 tokens",
    reference: (shape) => new ClusterKvReference(shape, DEFAULTS),
    adapt: (scenario) => ({
      ...scenario,
      promptBlocks: scenario.promptBlocks.map((count) => Math.min(count, 100)).slice(0, 2),
    }),
    // The reference looks for the nearest of 400 centroids twenty times over: 109 s for 3,800 tokens.
    shorten: (scenario) => ({
      ...scenario,
      shape: { ...scenario.shape, budget: 128 },
      promptBlocks: [450],
    }),
  },
  {
    name: "few clusters, new tokens clustered",
    parameters: {
      "sink-tokens": 3,
      "clusters": 9,
      "iterations": 4,
      "window-tokens": 5,
      "window-clusters": 2,
    },
    reference: (shape) =>
      new ClusterKvReference(shape, {
        sinkTokens: 3,
        clusters: 9,
        iterations: 4,
        windowTokens: 5,
        windowClusters: 2,
      }),
    adapt: (scenario) => ({ ...scenario, steps: scenario.steps + 8 }),
    shorten: (scenario) => scenario,
  },
  {
    name: "many iterations, prompts of up to 600 tokens",
    parameters: { "sink-tokens": 0, "clusters": 23, "iterations": 60 },
    reference: (shape) =>
      new ClusterKvReference(shape, { ...DEFAULTS, sinkTokens: 0, clusters: 23, iterations: 60 }),
    adapt: (scenario) => ({
      ...scenario,
      promptBlocks: scenario.promptBlocks.map((count) => Math.min(count, 300)).slice(0, 2),
    }),
  },
]);

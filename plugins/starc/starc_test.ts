import { ARXIV_V1, ASPLOS26, StarcReference } from "../reference/starc.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("starc", [
  { name: "asplos26", reference: (shape) => new StarcReference(shape, ASPLOS26) },
  {
    name: "arxiv-v1",
    parameters: { preset: "arxiv-v1" },
    reference: (shape) => new StarcReference(shape, ARXIV_V1),
  },
  {
    name: "clustered after attention",
    parameters: { flush: "after-attention" },
    reference: (shape) => new StarcReference(shape, { ...ASPLOS26, flush: "after-attention" }),
  },
  {
    name: "other numbers",
    parameters: {
      "window-tokens": 24,
      "cluster-tokens": 5,
      "interval-tokens": 3,
      "iterations": 2,
    },
    reference: (shape) =>
      new StarcReference(shape, {
        ...ASPLOS26,
        windowTokens: 24,
        clusterTokens: 5,
        intervalTokens: 3,
        iterations: 2,
      }),
  },
]);

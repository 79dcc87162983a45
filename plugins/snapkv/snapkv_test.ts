import { SnapkvReference } from "../reference/snapkv.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("snapkv", [
  {
    name: "defaults",
    reference: (shape) =>
      new SnapkvReference(shape, { windowTokens: 32, kernel: 5, pooling: "average" }),
  },
  {
    name: "the paper's long-context setting",
    parameters: { kernel: 7, pooling: "maximum" },
    reference: (shape) =>
      new SnapkvReference(shape, { windowTokens: 32, kernel: 7, pooling: "maximum" }),
  },
  {
    name: "a window of one, an even kernel",
    parameters: { "window-tokens": 1, "kernel": 2 },
    reference: (shape) =>
      new SnapkvReference(shape, { windowTokens: 1, kernel: 2, pooling: "average" }),
  },
]);

import { testBuiltInMemory } from "../testing/built_in_memory.ts";

testBuiltInMemory("hbm3-pim-bankgroup", {
  level: "bankgroup",
  blockTokens: 16,
  cycleNs: 0.769,
  does: "takes the cycles and sends the commands of the reference",
  // As Ramulator 2 with AttAcc's patches gives them.
  facts: [
    [{ contextTokens: 1000, partitionTokens: 4096 }, [6623, 13104, 13, 416, 624, 104]],
    [{ contextTokens: 512, heads: 39, headDim: 160, elementBytes: 1, partitionTokens: 4096 }, [
      6457,
      12496,
      39,
      310,
      1014,
      195,
    ]],
  ],
});

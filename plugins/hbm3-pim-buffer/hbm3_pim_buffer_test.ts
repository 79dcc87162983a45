import { testBuiltInMemory } from "../testing/built_in_memory.ts";

testBuiltInMemory("hbm3-pim-buffer", {
  level: "buffer",
  blockTokens: 2,
  cycleNs: 0.769,
  does: "takes the cycles and sends the commands of the reference",
  // As Ramulator 2 with AttAcc's patches gives them.
  facts: [
    [{ contextTokens: 257, heads: 3, partitionTokens: 4096 }, [4194, 6192, 3, 27, 51, 24]],
    [{ contextTokens: 512, heads: 32, partitionTokens: 4096 }, [17905, 131088, 32, 512, 768, 256]],
  ],
});

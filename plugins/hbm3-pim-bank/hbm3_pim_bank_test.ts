import { testBuiltInMemory } from "../testing/built_in_memory.ts";

testBuiltInMemory("hbm3-pim-bank", {
  level: "bank",
  blockTokens: 16,
  cycleNs: 0.769,
  does: "takes the cycles and sends the commands of the reference",
  // As Ramulator 2 with AttAcc's patches gives them.
  facts: [
    [{ contextTokens: 16, heads: 1 }, [115, 4, 1, 8, 24, 8]],
    [{ contextTokens: 257, heads: 3 }, [579, 204, 3, 48, 96, 24]],
    [{ contextTokens: 257, heads: 3, power: "unlimited" }, [453, 204, 3, 48, 96, 24]],
    [{ contextTokens: 512, heads: 32, partitionTokens: 4096 }, [1855, 4112, 32, 512, 1024, 256]],
    [{ contextTokens: 512, heads: 39, headDim: 160, elementBytes: 1, partitionTokens: 4096 }, [
      2783,
      5008,
      39,
      312,
      1248,
      312,
    ]],
    [{ contextTokens: 2049 }, [3930, 6708, 13, 936, 1144, 104]],
    [{ contextTokens: 9000, keptTokens: 4384 }, [8712, 14248, 13, 1872, 2080, 104]],
    [{ contextTokens: 2049, heads: 39, keptTokens: 1024 }, [6040, 10000, 39, 1248, 1872, 312]],
    [{ contextTokens: 512, keptTokens: 256, clustering: true }, [5103, 1768, 13, 10296, 936, 8424]],
  ],
});

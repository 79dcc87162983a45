import type { AttentionProgram } from "../memory/memory_model.ts";

/** For tests only: full attention of 13 heads, which is what they change to ask something. */
export const PLAIN_PROGRAM: AttentionProgram = {
  pim: "bank",
  power: "limited",
  heads: 13,
  headDim: 128,
  elementBytes: 2,
  contextTokens: 2049,
  keptTokens: 2049,
  partitionTokens: 409600,
  clustering: false,
  rowTokens: 16,
  oddTail: "once",
};

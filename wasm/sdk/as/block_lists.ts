// Whether the blocks a program lists are there.
import { Program } from "kvpim/memory";

/** Whether a program says which blocks each head reads, rather than how many tokens from the first. */
export function hasBlockLists(program: Program): bool {
  return program.blocks.offsets.length > 0;
}

/** Whether there is a list for each head, ascending, of blocks that hold tokens of the context. */
export function areBlockLists(program: Program, blockTokens: u32): bool {
  const offsets = program.blocks.offsets;
  const blocks = program.blocks.blocks;
  if (<u64> offsets.length !== <u64> program.heads + 1) return false;
  if (offsets[0] !== 0 || offsets[program.heads] !== <u32> blocks.length) return false;
  const stored = (<u64> program.contextTokens + blockTokens - 1) / blockTokens;
  for (let head: u32 = 0; head < program.heads; head++) {
    const end = offsets[head + 1];
    if (end < offsets[head] || end > <u32> blocks.length) return false;
    for (let i = offsets[head]; i < end; i++) {
      if (blocks[i] >= stored || (i > offsets[head] && blocks[i] <= blocks[i - 1])) return false;
    }
  }
  return true;
}

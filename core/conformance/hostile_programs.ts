import type {
  BlockLists,
  Program,
  ProgramField,
} from "../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { blockLists, type ChangedProgram, everyBlock } from "./memory_programs.ts";

const LARGEST = 2 ** 32 - 1;

/** Programs that the contract rules out: a memory has to decline them. */
export function impossiblePrograms(blockTokens: number): ChangedProgram[] {
  const zero = (field: ProgramField, key: keyof Program): ChangedProgram => ({
    field,
    changes: { [key]: 0 },
    what: `0 for ${field}`,
  });
  return [
    zero("heads", "heads"),
    zero("head-dim", "headDim"),
    zero("element-bytes", "elementBytes"),
    zero("context-tokens", "contextTokens"),
    zero("kept-tokens", "keptTokens"),
    zero("queries", "queries"),
    { field: "element-bytes", changes: { elementBytes: 3 }, what: "elements of 3 bytes" },
    {
      field: "clustering",
      changes: { clustering: { tag: "whole-context", value: { rowTokens: 0 } } },
      what: "clustering in rows of 0 tokens",
    },
    ...impossibleLists(blockTokens),
  ];
}

/** Lists for two heads of a context of four blocks that do not fit. */
function impossibleLists(blockTokens: number): ChangedProgram[] {
  const contextTokens = 4 * blockTokens;
  const program = (what: string, blocks: BlockLists): ChangedProgram => ({
    field: "blocks",
    changes: { heads: 2, contextTokens, keptTokens: contextTokens, blocks },
    what,
  });
  const raw = (offsets: number[], blocks: number[]): BlockLists => ({
    offsets: Uint32Array.from(offsets),
    blocks: Uint32Array.from(blocks),
  });
  return [
    program("a list beyond the context", blockLists([[0, 4], [0]])),
    program("a block of the largest index", blockLists([[0], [LARGEST]])),
    program("a list that descends", blockLists([[2, 1], [0]])),
    program("a block twice in a list", blockLists([[0], [1, 1]])),
    program("a list too few", everyBlock(1, 2, 1)),
    program("a list too many", everyBlock(3, 1, 1)),
    program("offsets that do not begin at 0", raw([1, 1, 2], [0, 1])),
    program("offsets that descend", raw([0, 2, 1], [0, 1])),
    program("offsets that end before the blocks do", raw([0, 1, 2], [0, 1, 2])),
    program("offsets that end after the blocks do", raw([0, 1, 3], [0, 1])),
    program("an offset of the largest value", raw([0, LARGEST, 2], [0, 1])),
  ];
}

/** Programs that no cache holds: a memory declines them, or answers with what they cost. */
export const ENORMOUS_PROGRAMS: readonly ChangedProgram[] = [
  { field: "heads", changes: { heads: LARGEST }, what: `${LARGEST} heads` },
  { field: "head-dim", changes: { headDim: LARGEST }, what: `heads of ${LARGEST} elements` },
  {
    field: "context-tokens",
    changes: { contextTokens: LARGEST, keptTokens: LARGEST, partitionTokens: LARGEST },
    what: `a context of ${LARGEST} tokens`,
  },
  { field: "kept-tokens", changes: { keptTokens: LARGEST }, what: `${LARGEST} kept tokens` },
  { field: "queries", changes: { queries: LARGEST }, what: `${LARGEST} queries a head` },
  {
    field: "clustering",
    changes: {
      clustering: {
        tag: "windows",
        value: { windows: LARGEST, tokens: LARGEST, clusters: LARGEST, iterations: LARGEST },
      },
    },
    what: "clustering of the largest windows",
  },
  {
    field: "metadata-reads",
    changes: { metadataReads: [{ bytes: Number.MAX_SAFE_INTEGER, pieces: LARGEST }] },
    what: "the largest metadata read",
  },
];

// From the contract's programs to those of wasm/pim, and which of them there are.
import {
  ClusteringWorkTag,
  OddTail,
  PartnerTraffic,
  Passes,
  PimLevel,
  Program,
  ProgramField,
  SecondContext,
} from "kvpim/memory";
import { areBlockLists, hasBlockLists } from "kvpim/block_lists";
import * as device from "kvpim/device";
import * as space from "kvpim/pim/assembly/address_space";
import { HeadBlocks, ProgramParameters } from "kvpim/pim/assembly/shape";

/** Largest context, a bound on time rather than of the machine. */
const MOST_TOKENS: u32 = 1 << 24;
const MOST_HEADS: u32 = 4096;
const MOST_HEAD_DIM: u32 = 4096;
/** Bits of an address below a row's and above it, where the programs expect them. */
const ROWS_OF_A_BANK: i32 = <i32> (space.BANK / space.ROW);

/** The first field of a program that a memory with units at `level` cannot serve; -1: none. */
export function unsupportedField(level: PimLevel, program: Program): i32 {
  if (
    device.CHANNELS !== space.CHANNELS || device.RANKS !== space.RANKS ||
    device.BANK_GROUPS !== space.BANK_GROUPS || device.BANKS !== space.BANKS ||
    device.COLUMNS !== space.COLUMNS || device.COLUMN_BYTES !== space.COLUMN_BYTES ||
    device.ROWS !== ROWS_OF_A_BANK
  ) {
    ERROR("Expected a device with the organisation that attention programs are written for");
  }
  if (program.level !== level) return ProgramField.Level;
  if (!device.knowsPower(program.power)) return ProgramField.Power;
  if (isOutside(program.heads, MOST_HEADS)) return ProgramField.Heads;
  if (isOutside(program.headDim, MOST_HEAD_DIM)) return ProgramField.HeadDim;
  if (isOutside(program.elementBytes, 2)) return ProgramField.ElementBytes;
  if (isOutside(program.contextTokens, MOST_TOKENS)) return ProgramField.ContextTokens;
  if (isOutside(program.partitionTokens, MOST_TOKENS)) return ProgramField.PartitionTokens;
  const listed = hasBlockLists(program);
  if (listed && !areBlocks(program)) return ProgramField.Blocks;
  if (!listed && isOutside(program.keptTokens, 2 * MOST_TOKENS)) return ProgramField.KeptTokens;
  if (!isClustering(program)) return ProgramField.Clustering;
  if (program.oddTail > OddTail.PerStep) return ProgramField.OddTail;
  if (program.secondContext > SecondContext.OfSecond) return ProgramField.SecondContext;
  if (program.partnerTraffic > PartnerTraffic.Whole) return ProgramField.PartnerTraffic;
  if (isOutside(program.queries, device.MOST_QUERIES)) return ProgramField.Queries;
  if (program.passes > Passes.Scores) return ProgramField.Passes;
  // What is read to decide is a program of its own, with passes of scores.
  return program.metadataReads.length > 0 ? ProgramField.MetadataReads : -1;
}

function isOutside(value: u32, most: u32): bool {
  return value === 0 || value > most;
}

/** Whether the lists are of blocks that are there, and one is not empty. */
function areBlocks(program: Program): bool {
  const blockTokens: u32 = program.level === PimLevel.Buffer ? 2 : 16;
  return program.blocks.blocks.length > 0 && areBlockLists(program, blockTokens);
}

/** STARC describes clustering at the bank only, and not of windows. */
function isClustering(program: Program): bool {
  if (program.clustering.tag === ClusteringWorkTag.None) return true;
  return program.clustering.tag === ClusteringWorkTag.WholeContext &&
    program.level === PimLevel.Bank &&
    !isOutside(program.clustering.wholeContext.rowTokens, MOST_TOKENS);
}

/** A program that {@link unsupportedField} finds nothing wrong with. */
export function parametersOf(program: Program): ProgramParameters {
  const parameters = new ProgramParameters();
  parameters.pim = program.level;
  parameters.heads = program.heads;
  parameters.headDim = program.headDim;
  parameters.elementBytes = program.elementBytes;
  parameters.contextTokens = program.contextTokens;
  parameters.keptTokens = program.keptTokens;
  parameters.partitionTokens = program.partitionTokens;
  parameters.clustering = program.clustering.tag === ClusteringWorkTag.WholeContext;
  if (parameters.clustering) parameters.rowTokens = program.clustering.wholeContext.rowTokens;
  parameters.oddTailPerStep = program.oddTail === OddTail.PerStep;
  parameters.ownSecondContext = program.secondContext === SecondContext.OfSecond;
  parameters.wholePartnerTraffic = program.partnerTraffic === PartnerTraffic.Whole;
  parameters.queries = program.queries;
  parameters.scoreOnly = program.passes === Passes.Scores;
  if (hasBlockLists(program)) parameters.blocks = blocksOf(program);
  return parameters;
}

/** The lists as they arrived: whole numbers below 2^24, whose signs do not matter. */
function blocksOf(program: Program): HeadBlocks {
  const ends = StaticArray.slice<u32>(program.blocks.offsets, 1);
  return new HeadBlocks(
    changetype<StaticArray<i32>>(ends),
    changetype<StaticArray<i32>>(program.blocks.blocks),
  );
}

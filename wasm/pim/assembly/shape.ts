/** Sizes of one attention program, and where its data lies. */
import {
  BANK,
  BANK_GROUP,
  BANK_GROUPS,
  BANKS,
  ceilDiv,
  CHANNELS,
  COLUMN,
  COLUMN_BYTES,
  COLUMNS,
  RANKS,
  ROW,
  VALUES,
} from "./address_space";
import { MAC_ALL_BANKS, MAC_PER_BANK, MAC_SAME_BANK } from "./command_sink";

/** Where the GEMV units are. */
export const PIM_BANK: i32 = 0;
export const PIM_BANK_GROUP: i32 = 1;
export const PIM_BUFFER: i32 = 2;

/** Token steps whose results are moved to the softmax buffer together. */
export const STEPS_A_MOVE: i32 = 16;

/**
 * The 16-token blocks each head reads, ascending, in the order of the heads. Without it every head
 * reads the first blocks of its storage, as many as the kept tokens fill.
 */
export class HeadBlocks {
  /** The longest list. */
  readonly most: i32;

  /**
   * @param ends index after each head's last block
   * @param blocks storage positions, in blocks of as many tokens as a step works on
   */
  constructor(private ends: StaticArray<i32>, private blocks: StaticArray<i32>) {
    let most = 0;
    for (let head = 0; head < ends.length; head++) {
      most = max(most, ends[head] - (head === 0 ? 0 : ends[head - 1]));
    }
    this.most = most;
  }

  count(head: i32): i32 {
    return this.ends[head] - this.start(head);
  }

  at(head: i32, x: i32): i32 {
    return this.blocks[this.start(head) + x];
  }

  private start(head: i32): i32 {
    return head === 0 ? 0 : this.ends[head - 1];
  }
}

/** What {@link Shape} is made from. */
export class ProgramParameters {
  pim: i32 = PIM_BANK;
  heads: i32 = 1;
  headDim: i32 = 128;
  elementBytes: i32 = 2;
  contextTokens: i32 = 1;
  keptTokens: i32 = 1;
  partitionTokens: i32 = 1;
  rowTokens: i32 = 16;
  clustering: bool = false;
  /** The reference's malformed schedule for two iterations with clustering, for its text only. */
  clusterPairsAsWritten: bool = false;
  /** Null where kept tokens are contiguous. */
  blocks: HeadBlocks | null = null;
  /** The second iteration of a pair reads its own values instead of the first's again. */
  ownSecondContext: bool = false;
  /** Only scores are computed: no softmax and no values. */
  scoreOnly: bool = false;
  /** Queries that each MAC serves: those that share a head's keys and values. */
  queries: i32 = 1;
  /** No buffer command of a partner is lost to rounding, and strides follow the kept tokens. */
  wholePartnerTraffic: bool = false;
  /** The unpaired iteration's softmax block inside its score loop (AttAcc's first commit). */
  oddTailPerStep: bool = false;
}

export class Shape {
  /** Elements a MAC takes from one bank. */
  macElements: i32;
  macKind: i32;
  /** Tokens one step works on at once: one in each unit. */
  parallelTokens: i32;
  /** Columns of a key a step reads, one MAC each. */
  columnsPerKey: i32;
  /** Token steps over the kept tokens; over those of the head that keeps most. */
  steps: i32;
  /** Token steps that one pass over the stored values would take. */
  storedSteps: i32;
  /** Moves to the softmax buffer during the score pass. */
  moves: i32;
  /** Passes over the values, each for as many elements as a MAC takes. */
  contextPasses: i32;
  /** Columns of softmax results each unit is given. */
  resultColumns: i32;
  /** The same if all tokens were kept. */
  denseResultColumns: i32;
  /** Groups of up to 16 heads, one head a channel, run one after the other or in pairs. */
  iterations: i32;

  constructor(readonly parameters: ProgramParameters) {
    const p = parameters;
    const macElements = COLUMN_BYTES / p.elementBytes;
    const inBank = p.pim === PIM_BANK;
    const parallelTokens = p.pim === PIM_BUFFER ? RANKS : RANKS * RANKS * BANK_GROUPS;
    const keyElements = inBank ? BANKS * macElements : macElements;
    const steps = p.blocks === null ? <i32> ceilDiv(p.keptTokens, parallelTokens) : p.blocks!.most;
    this.macElements = macElements;
    this.macKind = inBank ? MAC_ALL_BANKS : p.pim === PIM_BUFFER ? MAC_PER_BANK : MAC_SAME_BANK;
    this.parallelTokens = parallelTokens;
    this.columnsPerKey = <i32> ceilDiv(p.headDim, keyElements);
    this.steps = steps;
    // Contiguous tokens are stored as if there were no others.
    this.storedSteps = p.blocks === null ? steps : <i32> ceilDiv(p.contextTokens, parallelTokens);
    this.moves = <i32> ceilDiv(steps, STEPS_A_MOVE);
    this.contextPasses = <i32> ceilDiv(p.headDim, keyElements);
    this.resultColumns = <i32> ceilDiv(steps, macElements);
    this.denseResultColumns = <i32> ceilDiv(p.contextTokens, parallelTokens * macElements);
    this.iterations = <i32> ceilDiv(p.heads, CHANNELS);
  }

  /** Channels in use in an iteration: the last may have fewer heads than channels. */
  channels(iteration: i32): i32 {
    const left = this.parameters.heads - iteration * CHANNELS;
    return min(left, CHANNELS);
  }

  /** Where an iteration's keys begin. A partition is sized in elements but laid out in bytes. */
  keys(iteration: i32): u64 {
    const p = this.parameters;
    const units = RANKS * RANKS * BANK_GROUPS * BANKS;
    return <u64> iteration * <u64> ceilDiv(<i64> p.partitionTokens * <i64> p.headDim, units);
  }

  values(iteration: i32): u64 {
    return this.keys(iteration) + VALUES;
  }

  /** Offset of the x-th column that MACs walk through: as parallel as the units allow. */
  columnOffset(x: i32): u64 {
    const pim = this.parameters.pim;
    if (pim === PIM_BANK) return <u64> x * COLUMN;
    if (pim === PIM_BANK_GROUP) {
      const bankRow = x / COLUMNS;
      return <u64> (bankRow % BANKS) * BANK + <u64> (bankRow / BANKS) * ROW +
        <u64> (x % COLUMNS) * COLUMN;
    }
    const unit = x % (RANKS * BANK_GROUPS);
    const inUnit = x / (RANKS * BANK_GROUPS);
    const column = inUnit / BANKS;
    return <u64> unit * BANK_GROUP + <u64> (inUnit % BANKS) * BANK +
      <u64> (column / COLUMNS) * ROW + <u64> (column % COLUMNS) * COLUMN;
  }
}

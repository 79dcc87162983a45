/**
 * A DRAM standard as data: what a device is made of, which commands it knows, what each needs and
 * does, how far apart they must be. The engine reads nothing else: a new standard is a new table.
 *
 * @module
 */

/** The levels of the device tree that carry state and timing, from the top. */
export type NodeLevel = "channel" | "pseudochannel" | "rank" | "bankgroup" | "bank";
/** Every part of an address. */
export type AddressLevel = NodeLevel | "row" | "column";

/** {@linkcode NodeLevel}s in the order of the tree. */
export const NODE_LEVELS: readonly NodeLevel[] = [
  "channel",
  "pseudochannel",
  "rank",
  "bankgroup",
  "bank",
];

/**
 * Banks of a channel that a command touches: those that agree with the addressed bank in every
 * level named here. `[]` is the whole channel, `["bank"]` the same bank of every bank group.
 */
export type BankSet = readonly Exclude<NodeLevel, "channel">[];

/** What must hold before a command may issue, and what has to be issued first where it does not. */
export type Prerequisite =
  | {
    /** Every bank of `banks` has the addressed row open. The first that has not decides. */
    readonly requires: "row-open";
    readonly banks: BankSet;
    /** Issued where that bank is closed. */
    readonly open: string;
    /** Issued where that bank is open with other rows. */
    readonly close: string;
  }
  | {
    /** Every bank of `banks` is closed. */
    readonly requires: "closed";
    readonly banks: BankSet;
    readonly close: string;
  };

/** One command. */
export interface Command {
  /**
   * How far down the tree readiness is checked. A constraint on a deeper level never delays the
   * command.
   */
  readonly scope: AddressLevel;
  /**
   * Which half of the command bus it takes. At most one row and one column command issue in a
   * cycle; a command without a half issues alone.
   */
  readonly bus?: "row" | "column";
  readonly opens?: BankSet;
  readonly closes?: BankSet;
  readonly prerequisite?: Prerequisite;
  /**
   * Bank-level constraints of this command are also applied to the banks whose id at each level
   * named on the left equals the addressed id at the level on the right.
   */
  readonly alsoTimes?: Partial<Record<Exclude<NodeLevel, "channel">, NodeLevel>>;
}

/** `following` must come at least `cycles` after `preceding` on the same node of `level`. */
export interface Constraint {
  readonly level: NodeLevel;
  readonly preceding: readonly string[];
  readonly following: readonly string[];
  /** A sum of timing parameters and whole numbers, e.g. `"nCL + nBL + 2 - nCWL"`. */
  readonly cycles: string;
  /** Counted from the `window`-th last `preceding` instead of the last. Default 1. */
  readonly window?: number;
}

/** One kind of request a controller accepts. */
export interface Request {
  /** The word of the text trace. */
  readonly trace: string;
  /** The command that serves it. */
  readonly command: string;
  readonly queue: "read" | "write" | "pim";
  /** Orders the column commands of a channel instead of being a command. */
  readonly barrier?: true;
  /** The counter it adds to, as the reference prints it; barriers have none. */
  readonly statistic?: string;
}

/** How many of each level there are in one stack. */
export interface Organisation {
  /** Megabits a channel; must equal the product of the levels, `dq` and the prefetch. */
  readonly densityMb: number;
  /** Data pins of a pseudo-channel (double-counted for quad data rate). */
  readonly dq: number;
  readonly counts: Readonly<Record<AddressLevel, number>>;
}

/** Timing parameters in clock cycles, and the data rate in Mb/s a pin. */
export type Timing = Readonly<Record<string, number>>;

/** A DRAM standard. */
export interface Standard {
  readonly name: string;
  /** Bytes of one column access. */
  readonly accessBytes: number;
  /** Internal prefetch; with `dq` it gives the bits of a column. */
  readonly prefetch: number;
  /** Which address bits are what, from the lowest. */
  readonly addressMap: readonly AddressLevel[];
  readonly commands: Readonly<Record<string, Command>>;
  readonly requests: readonly Request[];
  readonly constraints: readonly Constraint[];
  readonly refresh: {
    readonly command: string;
    /** One request for each node of this level, every `interval`. */
    readonly level: NodeLevel;
    /** A timing parameter. */
    readonly interval: string;
    /** Requests the refresh queue holds. */
    readonly queueEntries: number;
  };
  readonly controller: {
    /** Requests each of the PIM, read, write and active queues holds. */
    readonly queueEntries: number;
    /** The size the write watermarks are shares of. */
    readonly watermarkEntries: number;
    readonly writeHighWatermark: number;
    readonly writeLowWatermark: number;
    /** Sum of timing parameters from a read command to its data. */
    readonly readLatency: string;
  };
  readonly organisations: Readonly<Record<string, Organisation>>;
  readonly timings: Readonly<Record<string, Timing>>;
  /** Data transfers a pin makes in one clock: the clock period follows from the rate. */
  readonly transfersPerClock: number;
  /**
   * Timing parameters that follow from the organisation: nanoseconds by a property of it, turned
   * into cycles with JEDEC's rounding.
   */
  readonly derivedNs: Readonly<
    Record<
      string,
      {
        readonly by: "densityMb" | "rankDensityMb" | "rank";
        readonly ns: Readonly<Record<number, number>>;
      }
    >
  >;
}

/**
 * Test-only: random memories and random programs for them, as fast-check arbitraries.
 *
 * A program is a list of bursts, each one operation repeated along one dimension of the address,
 * so that row hits, row conflicts, full queues and refreshes all happen often and a counterexample
 * shrinks to a few lines.
 *
 * @module
 */

import fc from "fast-check";
import { type Organisation, ORGANISATIONS, TIMINGS } from "./hbm3_pim_presets.ts";
import {
  type Address,
  FINAL_COMMANDS,
  LEVELS,
  type Operation,
  type TraceRequest,
} from "./hbm3_pim_rules.ts";
import type { TickOptions } from "./tick_model.ts";

/** A memory and what to run on it. */
export interface RandomCase {
  readonly options: TickOptions;
  readonly requests: TraceRequest[];
}

type Dimension = keyof Address;

interface Burst {
  readonly op: Operation;
  readonly start: Address;
  readonly along: Dimension;
  readonly count: number;
}

const OPERATIONS = Object.keys(FINAL_COMMANDS) as Operation[];

/** Operations of the PIM queue. */
export const PIM_OPERATIONS = OPERATIONS.filter((op) => op !== "LD" && op !== "ST");

/** Operations of the read and write queues. */
export const ORDINARY_OPERATIONS: Operation[] = ["LD", "ST"];

/** Anything a trace can hold. */
export const ALL_OPERATIONS = OPERATIONS;

/** Cases whose programs use the given operations. */
export function randomCases(
  operations: readonly Operation[],
  limits: { bursts: number; count: number },
): fc.Arbitrary<RandomCase> {
  const options = fc.record({
    organisation: fc.constantFrom(...Object.keys(ORGANISATIONS)),
    timing: fc.constantFrom(...Object.keys(TIMINGS)),
    channels: fc.constantFrom(1, 2, 4),
  });
  const bursts = fc.array(randomBursts(operations, limits.count), {
    maxLength: limits.bursts,
    // Programs of every length up to the limit, not mostly short ones.
    size: "max",
  });
  return fc.record({ options, bursts }).map(({ options, bursts }) => ({
    options,
    requests: bursts.flatMap((burst) => requestsOf(burst, options)),
  }));
}

function randomBursts(operations: readonly Operation[], maxCount: number): fc.Arbitrary<Burst> {
  const small = fc.integer({ min: 0, max: 3 });
  return fc.record({
    op: fc.constantFrom(...operations),
    start: fc.record({
      channel: small,
      pseudochannel: small,
      rank: small,
      bankgroup: small,
      bank: small,
      row: fc.integer({ min: 0, max: 2 }),
      column: fc.integer({ min: 0, max: 31 }),
    }),
    along: fc.constantFrom<Dimension>(...LEVELS, "row", "column"),
    count: fc.integer({ min: 1, max: maxCount }),
  });
}

function requestsOf({ op, start, along, count }: Burst, options: TickOptions): TraceRequest[] {
  const organisation = ORGANISATIONS[options.organisation]!;
  return Array.from({ length: count }, (_, i) => ({
    op,
    address: byteAddressOf(
      { ...start, [along]: start[along] + i },
      organisation,
      options.channels,
    ),
  }));
}

/** The inverse of `addressOf`; ids wrap around what the address bits can express. */
export function byteAddressOf(
  address: Address,
  organisation: Organisation,
  channels: number,
): number {
  const { pseudochannels, ranks, bankgroups, banks, rows, columns } = organisation;
  const fields: [id: number, count: number][] = [
    [address.channel, channels],
    [address.pseudochannel, pseudochannels],
    [address.rank, ranks],
    [address.bankgroup, bankgroups],
    [address.bank, banks],
    [address.row, rows],
    [address.column, columns],
  ];
  let result = 0;
  for (const [id, count] of fields) {
    const size = 2 ** (31 - Math.clz32(count));
    result = result * size + id % size;
  }
  return result * 32;
}

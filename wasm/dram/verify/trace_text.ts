/**
 * Test-only: reading the reference's text traces and command logs.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  type Command,
  COMMANDS,
  FINAL_COMMANDS,
  type IssuedCommand,
  type Operation,
  type TraceRequest,
} from "./hbm3_pim_rules.ts";

/** The lines of a gzip text file. */
export function readGzipLines(path: string | URL): string[] {
  return gunzipSync(readFileSync(path)).toString().trimEnd().split("\n");
}

/** One request from a line such as `PIM_MAC_AB 0x40000000`. */
export function parseRequest(line: string): TraceRequest {
  const [op, address] = line.split(" ");
  if (op === undefined || address === undefined || !Object.hasOwn(FINAL_COMMANDS, op)) {
    throw new SyntaxError(`Expected an operation and an address but found "${line}"`);
  }
  return { op: op as Operation, address: Number(address) };
}

/** A line of the reference's command log: cycle, command, then the address from the channel down. */
export function formatIssued(issued: IssuedCommand): string {
  const { cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column } = issued;
  return [cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column].join(", ");
}

/** One command from a line as {@linkcode formatIssued} writes it. */
export function parseIssued(line: string): IssuedCommand {
  const [cycle, command, ...address] = line.split(",").map((field) => field.trim());
  if (command === undefined || !Object.hasOwn(COMMANDS, command) || address.length !== 7) {
    throw new SyntaxError(`Expected a line of a command log but found "${line}"`);
  }
  const [channel, pseudochannel, rank, bankgroup, bank, row, column] = address.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    cycle: Number(cycle),
    command: command as Command,
    channel,
    pseudochannel,
    rank,
    bankgroup,
    bank,
    row,
    column,
  };
}

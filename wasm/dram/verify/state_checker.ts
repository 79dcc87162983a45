/**
 * Test-only: checks what a channel issued against the state its banks are in, the two command slots
 * of a cycle and the refresh schedule.
 *
 * @module
 */

import { type Command, COMMANDS, type Device, type IssuedCommand } from "./hbm3_pim_rules.ts";

/** A bank with its open rows. */
interface Bank {
  readonly pseudochannel: number;
  readonly rank: number;
  readonly bankgroup: number;
  readonly bank: number;
  readonly rows: Set<number>;
}

/**
 * The violations in words, such as `"MACAB at 19 needs row 3 open in all banks"`; none for a legal
 * log.
 *
 * @param log commands of one channel in the order they were issued
 * @param cycles how long the channel ran, when the number of refreshes is to be checked too
 */
export function checkStates(
  device: Device,
  log: readonly IssuedCommand[],
  cycles?: number,
): string[] {
  return [
    ...checkRows(device, log),
    ...checkSlots(log),
    ...checkRefreshes(device, log, cycles),
  ];
}

function checkRows({ organisation }: Device, log: readonly IssuedCommand[]): string[] {
  const violations: string[] = [];
  const all: Bank[] = [];
  for (let p = 0; p < organisation.pseudochannels; p++) {
    for (let r = 0; r < organisation.ranks; r++) {
      for (let g = 0; g < organisation.bankgroups; g++) {
        for (let b = 0; b < organisation.banks; b++) {
          all.push({ pseudochannel: p, rank: r, bankgroup: g, bank: b, rows: new Set() });
        }
      }
    }
  }
  for (const issued of log) {
    const banks = banksOf(issued, all);
    const violation = rowViolation(issued, banks);
    if (violation !== undefined) {
      violations.push(`${issued.command} at ${issued.cycle} needs ${violation}`);
    }
    const { opens, closes } = COMMANDS[issued.command];
    for (const rows of closes ? closedBy(issued, all) : []) rows.clear();
    for (const rows of opens ? banks : []) rows.add(issued.row);
  }
  return violations;
}

/** The banks a command is about. */
function banksOf({ command, ...at }: IssuedCommand, all: readonly Bank[]): Set<number>[] {
  return all.filter((bank) => isAbout(command, at, bank)).map(({ rows }) => rows);
}

function isAbout(
  command: Command,
  at: Omit<IssuedCommand, "command">,
  { pseudochannel, rank, bankgroup, bank }: Bank,
): boolean {
  if (OF_ALL_BANKS.has(command)) return true;
  if (bank !== at.bank) return false;
  if (OF_ONE_NUMBER.has(command)) return true;
  if (bankgroup !== at.bankgroup || rank !== at.rank) return false;
  return OF_TWINS.has(command) || pseudochannel === at.pseudochannel;
}

const OF_ALL_BANKS: ReadonlySet<Command> = new Set(["PREA", "ACTAB", "MACAB", "REFab"]);
const OF_ONE_NUMBER: ReadonlySet<Command> = new Set(["PRESB", "ACTSB", "MACSB"]);
const OF_TWINS: ReadonlySet<Command> = new Set(["PREPB", "ACTPB", "MACPB"]);

/** PRESB is about 16 banks but, in the reference, closes only what PREPB would. */
function closedBy(issued: IssuedCommand, all: readonly Bank[]): Set<number>[] {
  return banksOf(issued.command === "PRESB" ? { ...issued, command: "PREPB" } : issued, all);
}

function rowViolation({ command, row }: IssuedCommand, banks: Set<number>[]): string | undefined {
  const { opens, closes } = COMMANDS[command];
  const some = banks.length > 1;
  if (["RD", "WR", "MACAB", "MACSB", "MACPB"].includes(command)) {
    if (!banks.every((rows) => rows.has(row))) {
      return `row ${row} open in ${some ? "all of its banks" : "its bank"}`;
    }
  } else if (command === "REFab" || command === "REFsb") {
    if (banks.some((rows) => rows.size > 0)) return "its banks closed";
  } else if (opens) {
    if (banks.every((rows) => rows.size > 0)) return `a closed bank`;
  } else if (closes && banks.every((rows) => rows.size === 0)) {
    return `an open bank`;
  }
  return undefined;
}

/** One row and one column command a cycle; the others come alone. Cycles never go back. */
function checkSlots(log: readonly IssuedCommand[]): string[] {
  const violations: string[] = [];
  for (const [index, issued] of log.entries()) {
    const before = log[index - 1];
    if (before === undefined || issued.cycle > before.cycle) continue;
    const pair = `${issued.command} at ${issued.cycle} after ${before.command} at ${before.cycle}`;
    if (issued.cycle < before.cycle) {
      violations.push(`${pair} goes back in time`);
    } else if (log[index - 2]?.cycle === issued.cycle) {
      violations.push(`${pair} is the third command of its cycle`);
    } else {
      const slots = [COMMANDS[issued.command].slot, COMMANDS[before.command].slot];
      if (!slots.includes("row") || !slots.includes("column")) {
        violations.push(`${pair} cannot share its cycle`);
      }
    }
  }
  return violations;
}

/** Every nREFI cycles each pseudochannel is due once, in order, and none is forgotten. */
function checkRefreshes(
  { organisation: { pseudochannels }, timing: { nREFI } }: Device,
  log: readonly IssuedCommand[],
  cycles?: number,
): string[] {
  const violations: string[] = [];
  const refreshes = log.filter(({ command }) => command === "REFab");
  for (const [index, { cycle, pseudochannel }] of refreshes.entries()) {
    const due = nREFI * (Math.floor(index / pseudochannels) + 1);
    if (cycle < due) violations.push(`REFab at ${cycle} is not due before ${due}`);
    if (pseudochannel !== index % pseudochannels) {
      violations.push(`REFab at ${cycle} is for pseudochannel ${pseudochannel} out of order`);
    }
  }
  const expected = cycles === undefined
    ? refreshes.length
    : pseudochannels * Math.floor(cycles / nREFI);
  if (refreshes.length !== expected) {
    violations.push(`Expected ${expected} REFab in ${cycles} cycles but found ${refreshes.length}`);
  }
  return violations;
}

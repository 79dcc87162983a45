/**
 * Test-only: checks what a channel issued against the state its banks are in, the two command slots
 * of a cycle and the refresh schedule.
 *
 * @module
 */

import { COMMANDS, type Device, type IssuedCommand } from "./hbm3_pim_rules.ts";

/** Open rows by bank, keyed `pseudochannel,rank,bankgroup,bank`. */
type OpenRows = Map<string, Set<number>>;

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
  const openRows: OpenRows = new Map();
  for (let p = 0; p < organisation.pseudochannels; p++) {
    for (let r = 0; r < organisation.ranks; r++) {
      for (let g = 0; g < organisation.bankgroups; g++) {
        for (let b = 0; b < organisation.banks; b++) {
          openRows.set([p, r, g, b].join(), new Set());
        }
      }
    }
  }
  for (const issued of log) {
    const banks = banksOf(issued, openRows);
    const violation = rowViolation(issued, banks);
    if (violation !== undefined) {
      violations.push(`${issued.command} at ${issued.cycle} needs ${violation}`);
    }
    const { opens, closes } = COMMANDS[issued.command];
    for (const rows of closes ? closedBy(issued, openRows) : []) rows.clear();
    for (const rows of opens ? banks : []) rows.add(issued.row);
  }
  return violations;
}

/** The banks a command is about. */
function banksOf(issued: IssuedCommand, openRows: OpenRows): Set<number>[] {
  const { command, pseudochannel, rank, bankgroup, bank } = issued;
  return [...openRows]
    .filter(([key]) => {
      const [p, r, g, b] = key.split(",").map(Number);
      if (["PREA", "ACTAB", "MACAB", "REFab"].includes(command)) return true;
      if (b !== bank) return false;
      if (["PRESB", "ACTSB", "MACSB"].includes(command)) return true;
      if (g !== bankgroup || r !== rank) return false;
      return ["PREPB", "ACTPB", "MACPB"].includes(command) || p === pseudochannel;
    })
    .map(([, rows]) => rows);
}

/** PRESB is about 16 banks but, in the reference, closes only what PREPB would. */
function closedBy(issued: IssuedCommand, openRows: OpenRows): Set<number>[] {
  return banksOf(
    issued.command === "PRESB" ? { ...issued, command: "PREPB" } : issued,
    openRows,
  );
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

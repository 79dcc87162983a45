/**
 * Test-only: checks the commands issued on a channel against every timing constraint, pair by pair.
 *
 * It keeps no ready times: for each command it walks back over what was issued before and measures
 * the distance, so it cannot share a mistake with models that compute when a command may issue.
 *
 * @module
 */

import {
  type Command,
  COMMANDS,
  type Constraint,
  type Device,
  type IssuedCommand,
  type Level,
  LEVELS,
} from "./hbm3_pim_rules.ts";

/**
 * The violations in words, such as `"MACAB at 35 comes 5 cycles after ACTAB at 30: needs 19
 * (channel, nRCDRD)"`; none for a legal log.
 *
 * @param log commands of one channel in the order they were issued
 */
export function checkTiming(device: Device, log: readonly IssuedCommand[]): string[] {
  const horizon = Math.max(...device.constraints.map(({ cycles }) => cycles));
  const violations = new Set<string>();
  const constraintsOn = Map.groupBy(
    device.constraints.flatMap((constraint) =>
      constraint.following.map((command) => ({ command, constraint }))
    ).filter(({ command, constraint }) => isLookedAt(constraint.level, command)),
    ({ command }) => command,
  );
  for (const [index, following] of log.entries()) {
    const before = earlier(log, index, horizon);
    for (const { constraint } of constraintsOn.get(following.command) ?? []) {
      const found = checkConstraint(constraint, following, before);
      if (found !== undefined) violations.add(found);
    }
    for (const found of checkBroadcast(device, following, before)) violations.add(found);
  }
  return [...violations];
}

/** What came less than `horizon` cycles before, latest first; same-cycle predecessors included. */
function earlier(
  log: readonly IssuedCommand[],
  index: number,
  horizon: number,
): IssuedCommand[] {
  const found: IssuedCommand[] = [];
  for (let past = index - 1; past >= 0; past--) {
    const issued = log[past]!;
    if (log[index]!.cycle - issued.cycle >= horizon) break;
    found.push(issued);
  }
  return found;
}

/** A command does not respect levels below its scope. */
function isLookedAt(level: Level, command: Command): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(COMMANDS[command].scope);
}

function checkConstraint(
  constraint: Constraint,
  following: IssuedCommand,
  before: readonly IssuedCommand[],
): string | undefined {
  const { level, preceding, cycles, name, window } = constraint;
  // A window counts one kind of command; without a window every kind has its own latest.
  for (const command of preceding) {
    const past = latest(
      window,
      before,
      (past) => past.command === command && isSameNode(level, past, following),
    );
    if (past === undefined || following.cycle - past.cycle >= cycles) continue;
    const which = window === 1 ? "" : `the ${window}th last `;
    return describe(following, `${which}${past.command}`, past, cycles, `${level}, ${name}`);
  }
  return undefined;
}

/** The last but `count` - 1 that matches, of those that came before, latest first. */
function latest(
  count: number,
  before: readonly IssuedCommand[],
  matches: (past: IssuedCommand) => boolean,
): IssuedCommand | undefined {
  let found = 0;
  return before.find((past) => matches(past) && ++found === count);
}

/** Whether both pass through the same node of `level`; a past -1 passes through all. */
function isSameNode(level: Level, past: IssuedCommand, following: IssuedCommand): boolean {
  for (const each of LEVELS) {
    if (past[each] !== -1 && past[each] !== following[each]) return false;
    if (each === level) return true;
  }
  return true;
}

/**
 * MACs that are broadcast delay precharges of further banks: MACSB all of its bank number, MACPB
 * the banks (any pseudochannel, its pseudochannel as rank, its rank as bank group, bank), which is
 * how the reference finds what should have been its twin.
 */
function checkBroadcast(
  { timing }: Device,
  following: IssuedCommand,
  before: readonly IssuedCommand[],
): string[] {
  const isBroadcastTo = (past: IssuedCommand) => {
    if (past.bank !== following.bank) return false;
    if (following.command === "PRESB") return past.command === "MACSB";
    return following.command === "PREPB" && past.command === "MACPB" &&
      following.rank === past.pseudochannel && following.bankgroup === past.rank;
  };
  return before
    .filter((past) => isBroadcastTo(past) && following.cycle - past.cycle < timing.nRTPL)
    .map((past) => describe(following, past.command, past, timing.nRTPL, "broadcast bank, nRTPL"));
}

function describe(
  following: IssuedCommand,
  preceding: string,
  past: IssuedCommand,
  needed: number,
  rule: string,
): string {
  const distance = following.cycle - past.cycle;
  return `${following.command} at ${following.cycle} comes ${distance} cycles after ` +
    `${preceding} at ${past.cycle}: needs ${needed} (${rule})`;
}

/**
 * A device as the flat table of 32-bit integers that the engine reads.
 *
 * The order of the words is fixed by {@linkcode deviceImage} here and by `Device.read` in
 * `assembly/device.ts`; nothing else knows it.
 *
 * @module
 */
import { cyclesOf, type Device } from "./device.ts";
import {
  type AddressLevel,
  type BankSet,
  type Command,
  NODE_LEVELS,
  type NodeLevel,
} from "./standard.ts";

const ADDRESS_LEVELS: readonly AddressLevel[] = [...NODE_LEVELS, "row", "column"];
const BANK_DEPTH = NODE_LEVELS.indexOf("bank");
const NO_SET = -1;
const BUS = { row: 0, column: 1, none: -1 };
const QUEUE = { read: 0, write: 1, pim: 2 };
const REQUIRES = { nothing: 0, "row-open": 1, closed: 2 };

/** The device's table. */
export function deviceImage(device: Device): Int32Array<ArrayBuffer> {
  const { standard, counts } = device;
  const names = Object.keys(standard.commands);
  return Int32Array.from([
    ...ADDRESS_LEVELS.map((level) => counts[level]),
    Math.log2(standard.accessBytes),
    ...standard.addressMap.map((level) => ADDRESS_LEVELS.indexOf(level)),
    ...controllerWords(device, names),
    names.length,
    ...Object.values(standard.commands).flatMap((command) => commandWords(command, names)),
    standard.requests.length,
    ...standard.requests.flatMap((request) => [
      names.indexOf(request.command),
      QUEUE[request.queue],
      request.barrier ? 1 : 0,
    ]),
    ...constraintWords(device, names),
  ]);
}

/** Where a scope ends in the tree: rows and columns hang below their bank. */
function depthOf(scope: AddressLevel): number {
  const depth = (NODE_LEVELS as readonly string[]).indexOf(scope);
  return depth < 0 ? BANK_DEPTH : depth;
}

/** Bit d is set where the level of depth d must agree with the address. */
function setMask(set: BankSet | undefined): number {
  return set === undefined ? NO_SET : set.reduce((mask, level) => mask | (1 << depthOf(level)), 0);
}

function commandWords(command: Command, names: readonly string[]): number[] {
  const { prerequisite } = command;
  const source = (level: NodeLevel) => level === "channel" ? undefined : command.alsoTimes?.[level];
  return [
    depthOf(command.scope),
    BUS[command.bus ?? "none"],
    setMask(command.opens),
    setMask(command.closes),
    REQUIRES[prerequisite?.requires ?? "nothing"],
    setMask(prerequisite?.banks),
    prerequisite?.requires === "row-open" ? names.indexOf(prerequisite.open) : -1,
    prerequisite ? names.indexOf(prerequisite.close) : -1,
    ...NODE_LEVELS.map((level) => {
      const from = source(level);
      return from === undefined ? -1 : depthOf(from);
    }),
  ];
}

function controllerWords({ standard, timing }: Device, names: readonly string[]): number[] {
  const { controller, refresh } = standard;
  const { watermarkEntries, writeHighWatermark, writeLowWatermark } = controller;
  return [
    controller.queueEntries,
    // Write mode begins above the high mark and ends below the low one.
    Math.floor(watermarkEntries * writeHighWatermark) + 1,
    Math.ceil(watermarkEntries * writeLowWatermark) - 1,
    cyclesOf(controller.readLatency, timing),
    names.indexOf(refresh.command),
    depthOf(refresh.level),
    cyclesOf(refresh.interval, timing),
    refresh.queueEntries,
  ];
}

/** Live constraints, by preceding command: readiness is never looked up below a command's scope. */
function constraintWords({ standard, timing }: Device, names: readonly string[]): number[] {
  const rows = standard.constraints.flatMap((constraint) => {
    const depth = depthOf(constraint.level);
    const cycles = cyclesOf(constraint.cycles, timing);
    return constraint.preceding.flatMap((preceding) =>
      constraint.following
        .filter((following) => depth <= depthOf(standard.commands[following]!.scope))
        .map((following) => ({
          preceding,
          following,
          depth,
          cycles,
          window: constraint.window ?? 1,
        }))
    );
  });
  const ordered = names.flatMap((name) => rows.filter((row) => row.preceding === name));
  return [
    ordered.length,
    ...ordered.flatMap((row) => [
      names.indexOf(row.preceding),
      names.indexOf(row.following),
      row.depth,
      row.cycles,
      row.window,
    ]),
  ];
}

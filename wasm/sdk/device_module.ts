/**
 * Writes the device a plugin declares as the AssemblyScript module `kvpim/device`.
 *
 * @module
 */
import { type Device, resolveDevice } from "../dram/device.ts";
import { deviceImage } from "../dram/device_image.ts";
import { deviceForQueries } from "../dram/queries.ts";
import { type BankSet, NODE_LEVELS } from "../dram/standard.ts";
import { STANDARDS } from "../dram/standards/mod.ts";
import type { DeviceDeclaration } from "./device_declaration.ts";

/** Queries a MAC can serve where the units' clock is known: published models have groups up to 16. */
const MOST_QUERIES = 16;

/** Requests of a trace in the order of the contract's `command-kind`. */
const TRACE_WORDS = [
  ...["LD", "ST", "PIM_MAC_AB", "PIM_MAC_SB", "PIM_MAC_PB", "PIM_WR_GB", "PIM_MV_SB", "PIM_MV_GB"],
  ...["PIM_SFM", "PIM_SET_MODEL", "PIM_SET_HEAD", "PIM_BARRIER"],
];

const POWER_BUDGETS = ["limited", "unlimited"] as const;

/**
 * Writes the module.
 *
 * @throws {RangeError} when the standard is unknown or does not have what is declared
 */
export function deviceModule(declaration: DeviceDeclaration): string {
  const devices = POWER_BUDGETS.map((power) => deviceOf(declaration, declaration.timings[power]));
  const device = devices[0]!;
  const { standard, counts, organisation, clockPs } = device;
  checkRequests(device);
  const mostQueries = declaration.unitMegahertz === undefined ? 1 : MOST_QUERIES;
  const bytes = organisation.densityMb * 2 ** 17 * counts.channel;
  return `// GENERATED from the device of plugin.json by wasm/sdk/device_module.ts. Do not edit.
import { PowerBudget } from "kvpim/memory";

export const CYCLE_NS: f64 = ${float(clockPs / 1000)};
export const CHANNELS: i32 = ${counts.channel};
export const RANKS: i32 = ${counts.rank};
export const BANK_GROUPS: i32 = ${counts.bankgroup};
export const BANKS: i32 = ${counts.bank};
export const ROWS: i32 = ${counts.row};
export const COLUMNS: i32 = ${counts.column};
export const COLUMN_BYTES: i32 = ${standard.accessBytes};
export const CAPACITY_BYTES: u64 = ${bytes};
/** Queries that one MAC can serve. */
export const MOST_QUERIES: u32 = ${mostQueries};

${energyConstants(declaration)}
/** Banks that a request of each kind reads or writes a column of, by \`CommandKind\`. */
export const REQUEST_BANKS: StaticArray<i32> = ${array(requestBanks(device))};
/** Commands that activate rows, by their number in the engine, and how many banks each reaches. */
export const ACTIVATIONS: StaticArray<i32> = ${array(activations(device).map(([one]) => one))};
export const ACTIVATED_BANKS: StaticArray<i32> = ${array(activations(device).map(([, n]) => n))};
/** The command that refreshes, by its number in the engine. */
export const REFRESH: i32 = ${Object.keys(standard.commands).indexOf(standard.refresh.command)};

${devices.map((one, index) => imageConstants(index, one, declaration, mostQueries)).join("")}
const IMAGES: StaticArray<StaticArray<i32>> = [${POWER_BUDGETS.map((_, i) => `IMAGE_${i}`)}];
const CHANGES: StaticArray<StaticArray<i32>> = [${POWER_BUDGETS.map((_, i) => `CHANGES_${i}`)}];

/** Whether the device has timings for a power budget. */
export function knowsPower(power: PowerBudget): bool {
  return <u32> power < <u32> IMAGES.length && IMAGES[power].length > 0;
}

/** The device as the engine reads it, with MACs as far apart as serving \`queries\` each takes. */
export function deviceImage(power: PowerBudget, queries: u32): StaticArray<i32> {
  const image = StaticArray.slice<i32>(IMAGES[power]);
  const changes = CHANGES[power];
  for (let i = 0; i < changes.length; i += 3) {
    if (<u32> changes[i] === queries) image[changes[i + 1]] = changes[i + 2];
  }
  return image;
}
`;
}

function deviceOf(
  { standard, organisation, channels }: DeviceDeclaration,
  timing: string | undefined,
): Device | undefined {
  if (timing === undefined) return undefined;
  const found = Object.hasOwn(STANDARDS, standard) ? STANDARDS[standard] : undefined;
  if (found === undefined) {
    throw new RangeError(
      `Expected a standard that is one of ${Object.keys(STANDARDS).join(", ")} but found ${
        JSON.stringify(standard)
      }`,
    );
  }
  return resolveDevice(found, { organisation, timing, channels });
}

/** The contract names requests by their place. */
function checkRequests({ standard }: Device): void {
  const words = standard.requests.map(({ trace }) => trace);
  if (words.join() === TRACE_WORDS.join()) return;
  throw new RangeError(`Expected the requests ${TRACE_WORDS.join(", ")} but found ${words}`);
}

function energyConstants({ energy }: DeviceDeclaration): string {
  return Object.entries(energy).map(([part, picojoules]) =>
    `export const ${
      part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
    }_PICOJOULES: f64 = ${float(picojoules)};\n`
  ).join("");
}

/** Banks of a channel in a set: those of every level the set leaves open. */
function banksOf({ counts }: Device, set: BankSet): number {
  return NODE_LEVELS.reduce(
    (banks, level) => level === "channel" || set.includes(level) ? banks : banks * counts[level],
    1,
  );
}

function requestBanks(device: Device): number[] {
  const { standard } = device;
  return standard.requests.map(({ command }) => {
    const needs = standard.commands[command]!.prerequisite;
    return needs === undefined ? 0 : banksOf(device, needs.banks);
  });
}

function activations(device: Device): [command: number, banks: number][] {
  return Object.values(device.standard.commands).flatMap(({ opens }, index) =>
    opens === undefined ? [] : [[index, banksOf(device, opens)]]
  );
}

/** A device's table, and the words of it that another number of queries changes. */
function imageConstants(
  index: number,
  device: Device | undefined,
  { unitMegahertz }: DeviceDeclaration,
  mostQueries: number,
): string {
  const image = device === undefined ? new Int32Array(0) : deviceImage(device);
  const changes: number[] = [];
  for (let queries = 2; device !== undefined && queries <= mostQueries; queries++) {
    deviceImage(deviceForQueries(device, queries, unitMegahertz!)).forEach((word, at) => {
      if (word !== image[at]) changes.push(queries, at, word);
    });
  }
  return `const IMAGE_${index}: StaticArray<i32> = ${array([...image])};
const CHANGES_${index}: StaticArray<i32> = ${array(changes)};
`;
}

function array(numbers: readonly number[]): string {
  return numbers.length === 0 ? "new StaticArray<i32>(0)" : `[${numbers.join(",")}]`;
}

function float(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

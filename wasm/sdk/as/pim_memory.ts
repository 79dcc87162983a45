// A memory of this repository's engine that runs AttAcc's programs, for plugins whose plugin.json
// declares a device. The plugin says what it is and which level it computes at; this does the rest.
import {
  Command,
  CommandKind,
  ComputingLevel,
  Cost,
  Description,
  fail,
  MemoryError,
  ok,
  PimLevel,
  PowerBudget,
  Program,
  ProgramField,
  Result,
  UnsupportedProgram,
} from "kvpim/memory";
import * as device from "kvpim/device";
import { failure } from "kvpim/dram/assembly/failure";
import { Memory as Engine } from "kvpim/dram/assembly/memory";
import { runAttention } from "kvpim/pim/assembly/run_attention";
import { costOf } from "kvpim/pim_cost";
import { parametersOf, unsupportedField } from "kvpim/pim_program";

/** Memories that this instance has built, by power budget and queries. */
const engines = new Map<u32, Engine>();

/** A description of what the device is; name, version, summary and citation are left to the plugin. */
export function describeDevice(level: PimLevel): Description {
  const description = new Description();
  const computes = new ComputingLevel();
  computes.level = level;
  computes.blockTokens = level === PimLevel.Buffer ? 2 : 16;
  description.levels = [computes];
  for (let power = PowerBudget.Limited; power <= PowerBudget.Unlimited; power++) {
    if (device.knowsPower(power)) description.powerBudgets.push(power);
  }
  description.cycleNs = device.CYCLE_NS;
  description.channels = device.CHANNELS;
  description.capacityBytes = device.CAPACITY_BYTES;
  return description;
}

/** Runs each program; nothing is answered if one of them cannot be. */
export function simulateAttention(
  level: PimLevel,
  programs: Array<Program>,
): Result<Array<Cost>, MemoryError> {
  for (let i = 0; i < programs.length; i++) {
    const field = unsupportedField(level, programs[i]);
    if (field >= 0) return fail<Array<Cost>>(unsupported(i, <ProgramField> field));
  }
  const costs = new Array<Cost>(programs.length);
  for (let i = 0; i < programs.length; i++) {
    const program = programs[i];
    const engine = engineFor(program.power, program.queries);
    const cycles = runAttention(engine, parametersOf(program), true);
    costs[i] = costOf(engine, cycles, program.queries, program.elementBytes);
  }
  return ok(costs);
}

/** Runs a trace. Multiply-adds are counted for elements of two bytes. */
export function simulateTrace(
  own: PimLevel,
  level: PimLevel,
  power: PowerBudget,
  queries: u32,
  commands: Array<Command>,
): Result<Cost, MemoryError> {
  if (level !== own) return fail<Cost>(unsupported(0, ProgramField.Level));
  if (!device.knowsPower(power)) return fail<Cost>(unsupported(0, ProgramField.Power));
  if (queries === 0 || queries > device.MOST_QUERIES) {
    return fail<Cost>(unsupported(0, ProgramField.Queries));
  }
  for (let i = 0; i < commands.length; i++) {
    if (commands[i].kind <= CommandKind.Barrier && commands[i].address < device.CAPACITY_BYTES) {
      continue;
    }
    return fail<Cost>(MemoryError.badCommand(i));
  }
  const engine = engineFor(power, queries);
  engine.begin(~(<u64> 0));
  for (let i = 0; i < commands.length && failure() === 0; i++) {
    engine.sendTo(commands[i].kind, commands[i].address);
  }
  const cycles = failure() === 0 ? engine.finish() : 0;
  return failure() === 0
    ? ok(costOf(engine, cycles, queries, 2))
    : fail<Cost>(MemoryError.neverServed());
}

function unsupported(program: i32, field: ProgramField): MemoryError {
  const unsupported = new UnsupportedProgram();
  unsupported.program = program;
  unsupported.field = field;
  return MemoryError.unsupported(unsupported);
}

function engineFor(power: PowerBudget, queries: u32): Engine {
  const key = 2 * queries + <u32> power;
  if (!engines.has(key)) engines.set(key, new Engine(device.deviceImage(power, queries)));
  return engines.get(key);
}

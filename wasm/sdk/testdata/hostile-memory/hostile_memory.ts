// A memory that misbehaves as the head size of the first program says: for the host's tests.
import {
  Command,
  ComputingLevel,
  Cost,
  Description,
  EnergyKind,
  EnergyTerm,
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

enum Deed {
  Behave = 1,
  Loop,
  Grow,
  Recurse,
  Trap,
  IndexOutside,
  OneCostTooFew,
  NoCycle,
  OtherCycle,
  NegativeEnergy,
  DeclineNothing,
  Remember,
}

const CYCLE_NS: f64 = 1;
let calls: u64 = 0;

export class Memory {
  static describe(): Description {
    const description = new Description();
    description.name = "hostile-memory";
    const bank = new ComputingLevel();
    bank.level = PimLevel.Bank;
    bank.blockTokens = 16;
    description.levels = [bank];
    description.powerBudgets = [PowerBudget.Limited];
    description.cycleNs = CYCLE_NS;
    description.channels = 1;
    return description;
  }

  static simulate(programs: Array<Program>): Result<Array<Cost>, MemoryError> {
    calls++;
    const costs: Array<Cost> = [];
    for (let i = 0; i < programs.length; i++) costs.push(costOf(programs[i].keptTokens));
    if (programs.length === 0) return ok(costs);
    switch (programs[0].headDim) {
      case Deed.Loop:
        while (calls > 0) calls++;
        break;
      case Deed.Grow:
        while (memory.grow(16) >= 0) calls++;
        unreachable();
        break;
      case Deed.Recurse:
        costs[0].cycles = depth(1);
        break;
      case Deed.Trap:
        unreachable();
        break;
      case Deed.IndexOutside:
        costs[0].cycles = programs[0].blocks.offsets[programs[0].headDim];
        break;
      case Deed.OneCostTooFew:
        costs.pop();
        break;
      case Deed.NoCycle:
        costs[0].cycleNs = NaN;
        break;
      case Deed.OtherCycle:
        costs[0].cycleNs = 2 * CYCLE_NS;
        break;
      case Deed.NegativeEnergy:
        costs[0].energy.push(negative());
        break;
      case Deed.DeclineNothing:
        return fail<Array<Cost>>(MemoryError.unsupported(nothing()));
      case Deed.Remember:
        costs[0].cycles = calls;
        break;
    }
    return ok(costs);
  }

  static runTrace(
    _level: PimLevel,
    _power: PowerBudget,
    _queries: u32,
    _commands: Array<Command>,
  ): Result<Cost, MemoryError> {
    return fail<Cost>(MemoryError.neverServed());
  }
}

function costOf(cycles: u64): Cost {
  const cost = new Cost();
  cost.cycles = cycles;
  cost.cycleNs = CYCLE_NS;
  return cost;
}

function depth(level: u64): u64 {
  return level === 0 ? 0 : 1 + depth(level + 1);
}

function negative(): EnergyTerm {
  const term = new EnergyTerm();
  term.kind = EnergyKind.Io;
  term.picojoules = -1;
  return term;
}

/** A program that was not asked about. */
function nothing(): UnsupportedProgram {
  const unsupported = new UnsupportedProgram();
  unsupported.program = 99;
  unsupported.field = ProgramField.Heads;
  return unsupported;
}

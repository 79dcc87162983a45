// A memory that reads a token's key and value in one cycle and does nothing else: for tests of the
// memory contract.
import {
  Command,
  CommandKind,
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

const CYCLE_NS: f64 = 0.5;
const BLOCK_TOKENS: u32 = 16;

export class Memory {
  static describe(): Description {
    const description = new Description();
    description.name = "ideal";
    description.version = "0.1.0";
    description.summary = "One cycle a token.";
    const bank = new ComputingLevel();
    bank.level = PimLevel.Bank;
    bank.blockTokens = BLOCK_TOKENS;
    description.levels = [bank];
    description.powerBudgets = [PowerBudget.Limited, PowerBudget.Unlimited];
    description.cycleNs = CYCLE_NS;
    description.channels = 16;
    description.capacityBytes = 1 << 34;
    return description;
  }

  static simulate(programs: Array<Program>): Result<Array<Cost>, MemoryError> {
    const costs: Array<Cost> = [];
    for (let i = 0; i < programs.length; i++) {
      const program = programs[i];
      if (program.level !== PimLevel.Bank) {
        const unsupported = new UnsupportedProgram();
        unsupported.program = i;
        unsupported.field = ProgramField.Level;
        return fail<Array<Cost>>(MemoryError.unsupported(unsupported));
      }
      const listed = program.blocks.offsets.length > 0;
      const tokens = listed
        ? program.blocks.blocks.length * BLOCK_TOKENS
        : program.heads * program.keptTokens;
      costs.push(costOf(tokens));
    }
    return ok(costs);
  }

  static runTrace(
    _level: PimLevel,
    _power: PowerBudget,
    _queries: u32,
    commands: Array<Command>,
  ): Result<Cost, MemoryError> {
    let tokens: u64 = 0;
    for (let i = 0; i < commands.length; i++) {
      if (commands[i].address >= 1 << 34) return fail<Cost>(MemoryError.badCommand(i));
      if (commands[i].kind === CommandKind.MacAllBank) tokens += BLOCK_TOKENS;
    }
    return ok(costOf(tokens));
  }
}

function costOf(tokens: u64): Cost {
  const cost = new Cost();
  cost.cycles = tokens;
  cost.cycleNs = CYCLE_NS;
  cost.counts.mac = tokens / BLOCK_TOKENS;
  const energy = new EnergyTerm();
  energy.kind = EnergyKind.Compute;
  energy.picojoules = <f64> tokens * 2;
  cost.energy.push(energy);
  return cost;
}

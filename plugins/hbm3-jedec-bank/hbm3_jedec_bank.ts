// HBM3 at 6.4 Gb/s with the timings of JESD238 and a GEMV unit beside every bank, to the cycle.
import {
  Command,
  Cost,
  Description,
  MemoryError,
  PimLevel,
  PowerBudget,
  Program,
  Result,
} from "kvpim/memory";
import { describeDevice, simulateAttention, simulateTrace } from "kvpim/pim_memory";

const LEVEL: PimLevel = PimLevel.Bank;

export class Memory {
  static describe(): Description {
    const description = describeDevice(LEVEL);
    description.name = "hbm3-jedec-bank";
    description.version = "0.1.0";
    description.summary =
      "HBM3 at 6.4 Gb/s, timings of JESD238, with a GEMV unit beside every bank.";
    description.citation.title = "High Bandwidth Memory DRAM (HBM3), as Ramulator 2.1 has it; " +
      "distances of wide MACs as AttAcc scales them";
    description.citation.venue = "JEDEC";
    description.citation.identifier = "JESD238";
    description.citation.code = "github.com/CMU-SAFARI/ramulator2 at c5b1c3a";
    return description;
  }

  static simulate(programs: Array<Program>): Result<Array<Cost>, MemoryError> {
    return simulateAttention(LEVEL, programs);
  }

  static runTrace(
    level: PimLevel,
    power: PowerBudget,
    queries: u32,
    commands: Array<Command>,
  ): Result<Cost, MemoryError> {
    return simulateTrace(LEVEL, level, power, queries, commands);
  }
}

// HBM3 with GEMV units in the buffer die (AttAcc, ASPLOS 2024), to the cycle.
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

const LEVEL: PimLevel = PimLevel.Buffer;

export class Memory {
  static describe(): Description {
    const description = describeDevice(LEVEL);
    description.name = "hbm3-pim-buffer";
    description.version = "0.1.0";
    description.summary = "HBM3 at 5.2 Gb/s with GEMV units in the buffer die, to the cycle.";
    description.citation.title = "AttAcc! Unleashing the Power of PIM for Batched " +
      "Transformer-based Generative Model Inference";
    description.citation.venue = "ASPLOS 2024";
    description.citation.identifier = "10.1145/3620665.3640422";
    description.citation.code = "github.com/scale-snu/attacc_simulator";
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

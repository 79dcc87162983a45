// What a run in the engine came to, as the contract says it.
import { CommandKind, Cost, EnergyKind, EnergyTerm, Option } from "kvpim/memory";
import * as device from "kvpim/device";
import { Memory as Engine } from "kvpim/dram/assembly/memory";

/** Bits one bank gives in one access, and bits of its rows. */
const COLUMN_BITS: f64 = device.COLUMN_BYTES * 8;
const ROW_BITS: f64 = device.COLUMNS * COLUMN_BITS;

/**
 * The cost of the run an engine has just finished.
 *
 * Energies follow from the commands: rows activated in each bank they reach; bits read from cells by
 * MACs, and moved on the way to the units; bits moved by buffer commands between the units and the
 * buffer die, queries from the processor across the interposer; multiply-adds of every element read.
 * What softmax, refresh and standing by take is not known.
 */
export function costOf(engine: Engine, cycles: i64, queries: u32, elementBytes: u32): Cost {
  const cost = new Cost();
  const counts = cost.counts;
  cost.cycles = cycles;
  cost.cycleNs = device.CYCLE_NS;
  counts.load = sent(engine, CommandKind.Load);
  counts.store = sent(engine, CommandKind.Store);
  counts.mac = sent(engine, CommandKind.MacAllBank) + sent(engine, CommandKind.MacSameBank) +
    sent(engine, CommandKind.MacPerBank);
  counts.softmax = sent(engine, CommandKind.Softmax);
  counts.moveGemvBuffer = sent(engine, CommandKind.MoveGemvBuffer);
  counts.moveSoftmaxBuffer = sent(engine, CommandKind.MoveSoftmaxBuffer);
  counts.writeGemvBuffer = sent(engine, CommandKind.WriteGemvBuffer);
  let activations: u64 = 0;
  let activatedBanks: u64 = 0;
  for (let i = 0; i < device.ACTIVATIONS.length; i++) {
    const issued: u64 = engine.issued(device.ACTIVATIONS[i]);
    activations += issued;
    activatedBanks += issued * device.ACTIVATED_BANKS[i];
  }
  counts.activations = Option.some<u64>(activations);
  counts.refreshes = Option.some<u64>(engine.issued(device.REFRESH));
  addEnergy(
    cost,
    EnergyKind.Activation,
    <f64> activatedBanks * ROW_BITS * device.ACTIVATE_PICOJOULES,
  );
  addTransport(cost, engine);
  const elements = columnsOfMacs(engine) * device.COLUMN_BYTES / elementBytes;
  addEnergy(cost, EnergyKind.Compute, <f64> (elements * queries) * device.MULTIPLY_ADD_PICOJOULES);
  return cost;
}

function sent(engine: Engine, kind: CommandKind): u64 {
  return engine.accepted[kind];
}

function columnsOf(engine: Engine, kind: CommandKind): u64 {
  return sent(engine, kind) * device.REQUEST_BANKS[kind];
}

function columnsOfMacs(engine: Engine): u64 {
  return columnsOf(engine, CommandKind.MacAllBank) + columnsOf(engine, CommandKind.MacSameBank) +
    columnsOf(engine, CommandKind.MacPerBank);
}

/** Reading cells, and moving what is read or written along each part of the way. */
function addTransport(cost: Cost, engine: Engine): void {
  const ordinary = columnsOf(engine, CommandKind.Load) + columnsOf(engine, CommandKind.Store);
  const atBankGroup = columnsOf(engine, CommandKind.MacSameBank);
  const atBuffer = columnsOf(engine, CommandKind.MacPerBank);
  const queries = sent(engine, CommandKind.WriteGemvBuffer);
  const buffers = queries + sent(engine, CommandKind.MoveSoftmaxBuffer) +
    sent(engine, CommandKind.MoveGemvBuffer);
  const cells = <f64> (ordinary + columnsOfMacs(engine)) * COLUMN_BITS;
  addEnergy(cost, EnergyKind.CellAccess, cells * device.CELL_PICOJOULES);
  const pastBankGroup = <f64> (ordinary + atBankGroup + atBuffer + buffers) * COLUMN_BITS;
  const toBufferDie = <f64> (ordinary + atBuffer + buffers) * COLUMN_BITS;
  const toProcessor = <f64> (ordinary + queries) * COLUMN_BITS;
  addEnergy(
    cost,
    EnergyKind.Io,
    pastBankGroup * device.BANK_GROUP_MUX_PICOJOULES +
      toBufferDie * (device.GLOBAL_IO_MUX_PICOJOULES + device.TSV_PICOJOULES) +
      toProcessor * device.INTERPOSER_PICOJOULES,
  );
}

function addEnergy(cost: Cost, kind: EnergyKind, picojoules: f64): void {
  const term = new EnergyTerm();
  term.kind = kind;
  term.picojoules = picojoules;
  cost.energy.push(term);
}

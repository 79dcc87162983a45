import type { Command, Cost } from "../../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { COMMAND_KINDS, contractCommand } from "../../../core/memory/contract_trace.ts";
import type { PimLevel } from "../../../core/memory/memory_model.ts";
import { BadCommandError, type PluginMemory } from "../../../core/memory/plugin_memory.ts";
import { readTrace } from "../../../core/memory/trace_text.ts";
import { type MemoryOptions, openNamedMemory } from "../memory_access.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError, userFacingAsync } from "../user_error.ts";
import { type DramReport, MAC_WORDS } from "./report.ts";
import { traceLines } from "./trace_file.ts";

/** Which trace runs in which memory. */
export interface TraceInMemoryOptions extends MemoryOptions {
  readonly trace: string;
  readonly memory: string;
  readonly powerlimit: boolean;
}

/** A trace in memory: a component takes it in one call. */
interface WholeTrace {
  readonly name: string;
  readonly commands: readonly Command[];
}

/**
 * Runs a text trace from a file or standard input in a memory that is a component.
 *
 * @throws {UserError} naming the line that the memory does not serve
 */
export async function runTraceInMemory(
  options: TraceInMemoryOptions,
  surroundings: Surroundings,
): Promise<DramReport> {
  using memory = await openNamedMemory(options.memory, options, surroundings.env);
  const trace = await readWhole(options.trace, surroundings);
  const level = levelOf(trace) ?? memory.description.levels[0]!.level;
  const power = options.powerlimit ? "limited" : "unlimited";
  try {
    const cost = await userFacingAsync(() => memory.runTrace(level, power, trace.commands));
    const { cycles, cycleNs } = cost;
    return { title: trace.name, cycles, cycleNs, counts: countsOf(level, cost) };
  } catch (error) {
    throw error instanceof BadCommandError ? badLine(trace, error, memory) : error;
  }
}

async function readWhole(path: string, surroundings: Surroundings): Promise<WholeTrace> {
  const name = path === "-" ? "standard input" : path;
  const words = Object.keys(COMMAND_KINDS);
  const commands: Command[] = [];
  using progress = new Progress(surroundings, name, undefined, "requests");
  for await (const lines of traceLines(path, surroundings.input)) {
    for (const request of readTrace(lines, words, name, commands.length + 1)) {
      commands.push(contractCommand(request));
    }
    progress.update(commands.length);
  }
  if (commands.length > 0) return { name, commands };
  throw new UserError(`${name}: expected at least one request but found none`);
}

/** Where the units of a trace's first MAC sit. */
function levelOf({ commands }: WholeTrace): PimLevel | undefined {
  for (const { kind } of commands) {
    if (kind === "mac-all-bank") return "bank";
    if (kind === "mac-same-bank") return "bankgroup";
    if (kind === "mac-per-bank") return "buffer";
  }
  return undefined;
}

function countsOf(level: PimLevel, { counts }: Cost): DramReport["counts"] {
  return {
    LD: counts.load,
    ST: counts.store,
    [MAC_WORDS[level]]: counts.mac,
    PIM_SFM: counts.softmax,
    PIM_MV_GB: counts.moveGemvBuffer,
    PIM_MV_SB: counts.moveSoftmaxBuffer,
    PIM_WR_GB: counts.writeGemvBuffer,
  };
}

function badLine({ name, commands }: WholeTrace, { index }: BadCommandError, memory: PluginMemory) {
  const command = commands[index];
  const found = command && `${command.kind} at 0x${command.address.toString(16)}`;
  return new UserError(
    `${name} line ${index + 1}: expected a request that the memory ${memory.name} has, below ` +
      `${memory.description.capacityBytes} bytes, but found ${found ?? "no such line"}`,
  );
}

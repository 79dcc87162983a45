import { DramEngine } from "../../../core/memory/engine.ts";
import { HBM3_PIM } from "../../../wasm/dram/standards/hbm3_pim.ts";
import { OutputFile } from "../output_file.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { locating, UserError } from "../user_error.ts";
import { commandLogText } from "./command_log.ts";
import type { DramReport } from "./report.ts";
import { traceLines } from "./trace_file.ts";
import { TraceRun } from "./trace_run.ts";

/** Which device a trace runs in. */
export interface DeviceChoice {
  readonly organisation?: string;
  readonly timing?: string;
  readonly channels?: number;
  readonly powerlimit: boolean;
}

/** Where the commands of a channel are written. */
export interface CommandLogChoice {
  readonly cmdlog?: string;
  readonly channel: number;
}

/** The device that options choose: the stack of AttAcc and STARC where they say nothing. */
export async function openEngine(choice: DeviceChoice): Promise<DramEngine> {
  const timing = choice.timing ?? (choice.powerlimit ? "HBM3_5.2Gbps" : "HBM3_5.2Gbps_NPC");
  const { organisation = "HBM3_8Gb_2R", channels = 16 } = choice;
  return await DramEngine.open({ organisation, timing, channels }, HBM3_PIM);
}

/**
 * Begins a run whose command log goes to a file.
 *
 * @param feed sends all lines
 * @throws {UserError} when the file cannot be written or there is no such channel
 */
export async function runLogged(
  engine: DramEngine,
  name: string,
  { cmdlog, channel }: CommandLogChoice,
  feed: (run: TraceRun) => Promise<void>,
): Promise<ReturnType<TraceRun["finish"]>> {
  using file = cmdlog === undefined ? undefined : OutputFile.open("--cmdlog", cmdlog);
  const log = file && {
    channel,
    write: (commands: Parameters<typeof commandLogText>[0]) => file.write(commandLogText(commands)),
  };
  const run = locating("--channel", () => new TraceRun(engine, name, log));
  await feed(run);
  const result = run.finish();
  file?.commit();
  return result;
}

/** Runs a text trace from a file or standard input, a block of lines at a time. */
export async function runTraceFile(
  options: DeviceChoice & CommandLogChoice & { readonly trace: string },
  surroundings: Surroundings,
): Promise<DramReport> {
  const name = options.trace === "-" ? "standard input" : options.trace;
  const engine = await openEngine(options);
  const result = await runLogged(engine, name, options, async (run) => {
    using progress = new Progress(surroundings, name, undefined, "requests");
    for await (const lines of traceLines(options.trace, surroundings.input)) {
      run.feed(lines);
      progress.update(run.lines);
    }
    if (run.lines === 0) {
      throw new UserError(`${name}: expected at least one request but found none`);
    }
  });
  return { ...result, title: name, cycleNs: engine.device.clockPs / 1000 };
}

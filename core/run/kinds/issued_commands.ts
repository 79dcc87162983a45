import { Stopped, type StopSignal } from "../../host/stop_signal.ts";
import { declaredDevice } from "../../memory/declared_device.ts";
import { DramEngine, type IssuedCommand } from "../../memory/engine.ts";
import type { AttentionProgram } from "../../memory/memory_model.ts";
import { readTrace, writeProgramText } from "../../memory/trace_text.ts";
import type { MemoryName } from "./memories.ts";

/** Channels of the stack. */
export const CHANNELS = 16;

/** Which issued commands a run keeps. */
export interface CommandWindow {
  /** Channel of the stack. */
  readonly channel: number;
  /** Most commands, from the first on. */
  readonly most: number;
}

const HEADER = "cycle,command,channel,pseudochannel,rank,bankgroup,bank,row,column";

/** Ends the writing of a program when there are enough commands. */
class Enough extends Error {}

/**
 * The commands that a channel issues first, in the columns of the reference's log, as CSV.
 *
 * @throws {Stopped} at the signal
 */
export async function issuedCommandsCsv(
  memory: MemoryName,
  program: AttentionProgram,
  { channel, most }: CommandWindow,
  stop: StopSignal,
): Promise<string> {
  const { power, queries } = program;
  const engine = await DramEngine.of(declaredDevice(memory, power, queries));
  const words = engine.device.standard.requests.map(({ trace }) => trace);
  const issued: IssuedCommand[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  engine.begin(channel);
  try {
    await writeProgramText(program, (piece) => {
      if (stop.isDue()) throw new Stopped();
      const lines = (rest + decoder.decode(piece)).split("\n");
      rest = lines.pop()!;
      engine.send(readTrace(lines, words, "the program"));
      issued.push(...engine.takeLog());
      if (issued.length >= most) throw new Enough();
    });
    engine.finish();
    issued.push(...engine.takeLog());
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return `${[HEADER, ...issued.slice(0, most).map(lineOf)].join("\n")}\n`;
}

function lineOf(issued: IssuedCommand): string {
  const { cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column } = issued;
  return [cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column].join(",");
}

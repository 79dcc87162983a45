import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { AttentionProgram } from "../../../core/memory/memory_model.ts";
import { type MemoryChoice, openMemory } from "../memory_access.ts";
import { OutputFile } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError, userFacingAsync } from "../user_error.ts";
import { Progress } from "../progress.ts";
import { type ProgramOptions, toProgram } from "./program_options.ts";
import { programText } from "./program_text.ts";
import { countsOf, type DramReport } from "./report.ts";
import { type CommandLogChoice, openEngine, runLogged } from "./run_trace_file.ts";

/** What of a program is written as text. */
export interface TextOptions extends CommandLogChoice {
  readonly writeTrace?: string;
}

/** Text compressed at once: a gzip file is any number of members one after the other. */
const MEMBER_BYTES = 4 * 2 ** 20;

/** Runs one program and writes what text was asked for. */
export async function runProgram(
  options: ProgramOptions & MemoryChoice & TextOptions,
  surroundings: Surroundings,
): Promise<DramReport> {
  const program = toProgram(options);
  const title = titleOf(options, program);
  if (options.writeTrace !== undefined) await writeTrace(program, options.writeTrace, surroundings);
  if (options.cmdlog !== undefined) return await runAsText(program, title, options, surroundings);
  using opened = await openMemory(options, surroundings.env, [program.pim]);
  const [result] = await userFacingAsync(() => opened.memory.simulate([program]));
  const { cycleNs } = opened.memory;
  return { title, cycles: result!.cycles, counts: countsOf(program, result!), cycleNs };
}

function titleOf({ generator, pim }: ProgramOptions, program: AttentionProgram): string {
  const { contextTokens, keptTokens, heads, headDim, elementBytes, power, clustering } = program;
  const kept = keptTokens === contextTokens ? "" : `, ${keptTokens} kept`;
  return `${generator}, PIM at the ${pim}: ${contextTokens} tokens${kept}, ${heads} heads of ` +
    `${headDim} elements of ${elementBytes} B, power ${power}${clustering ? ", clustering" : ""}`;
}

async function writeTrace(program: AttentionProgram, path: string, surroundings: Surroundings) {
  using file = OutputFile.open("--write-trace", path);
  using progress = new Progress(surroundings, path, undefined, "MiB of text");
  const compress = path.endsWith(".gz") ? gzipSync : (text: Uint8Array) => text;
  let pieces: Uint8Array[] = [];
  let [waiting, done] = [0, 0];
  const flush = () => {
    file.write(compress(Buffer.concat(pieces)));
    [pieces, waiting] = [[], 0];
  };
  for await (const piece of programText(program)) {
    pieces.push(piece);
    waiting += piece.length;
    if (waiting >= MEMBER_BYTES) flush();
    done += piece.length;
    progress.update(Math.round(done / 2 ** 20));
  }
  flush();
  file.commit();
}

/** Runs a program through its text, which the engine that logs commands takes. */
async function runAsText(
  program: AttentionProgram,
  title: string,
  options: ProgramOptions & TextOptions,
  surroundings: Surroundings,
): Promise<DramReport> {
  if (program.clustering && program.heads > 16) {
    throw new UserError(
      `--cmdlog: expected at most 16 heads with --add_cluster but found ${program.heads}: the ` +
        "reference's text of more is no trace",
    );
  }
  const engine = await openEngine({ powerlimit: options.powerlimit });
  const result = await runLogged(engine, title, options, async (run) => {
    using progress = new Progress(surroundings, options.cmdlog ?? title, undefined, "requests");
    const decoder = new TextDecoder();
    let rest = "";
    for await (const piece of programText(program)) {
      const lines = (rest + decoder.decode(piece)).split("\n");
      rest = lines.pop()!;
      run.feed(lines);
      progress.update(run.lines);
    }
  });
  return { ...result, title, cycleNs: engine.device.clockPs / 1000 };
}

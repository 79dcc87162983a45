import { gzipSync } from "node:zlib";
import { hbm3PimDevice } from "../../../core/memory/hbm3_pim_device.ts";
import type { AttentionProgram } from "../../../core/memory/memory_model.ts";
import { writeProgramText } from "../../../core/memory/trace_text.ts";
import { type MemoryOptions, openMemory } from "../memory_access.ts";
import { OutputFile } from "../output_file.ts";
import type { Surroundings } from "../surroundings.ts";
import { UserError } from "../user_error.ts";
import { type ProgramOptions, toProgram } from "./program_options.ts";
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
  options: ProgramOptions & MemoryOptions & TextOptions,
  { env }: Surroundings,
): Promise<DramReport> {
  const program = toProgram(options);
  const title = titleOf(options, program);
  if (options.writeTrace !== undefined) await writeTrace(program, options.writeTrace);
  if (options.cmdlog !== undefined) return await runAsText(program, title, options);
  using opened = await openMemory(options, env);
  const [result] = await opened.memory.simulate([program]);
  return {
    title,
    cycles: result!.cycles,
    counts: countsOf(program, result!),
    device: hbm3PimDevice(program.power),
  };
}

function titleOf({ generator, pim }: ProgramOptions, program: AttentionProgram): string {
  const { contextTokens, keptTokens, heads, headDim, elementBytes, power, clustering } = program;
  const kept = keptTokens === contextTokens ? "" : `, ${keptTokens} kept`;
  return `${generator}, PIM at the ${pim}: ${contextTokens} tokens${kept}, ${heads} heads of ` +
    `${headDim} elements of ${elementBytes} B, power ${power}${clustering ? ", clustering" : ""}`;
}

async function writeTrace(program: AttentionProgram, path: string) {
  using file = OutputFile.open("--write-trace", path);
  const compress = path.endsWith(".gz") ? gzipSync : (text: Uint8Array) => text;
  const member = new Uint8Array(MEMBER_BYTES);
  let filled = 0;
  const flush = () => {
    file.write(compress(member.subarray(0, filled)));
    filled = 0;
  };
  await writeProgramText(program, (piece) => {
    for (let start = 0; start < piece.length;) {
      const part = piece.subarray(start, start + MEMBER_BYTES - filled);
      member.set(part, filled);
      filled += part.length;
      start += part.length;
      if (filled === MEMBER_BYTES) flush();
    }
  });
  flush();
  file.commit();
}

/** Runs a program through its text, which the engine that logs commands takes. */
async function runAsText(
  program: AttentionProgram,
  title: string,
  options: ProgramOptions & TextOptions,
): Promise<DramReport> {
  if (program.clustering && program.heads > 16) {
    throw new UserError(
      `--cmdlog: expected at most 16 heads with --add_cluster but found ${program.heads}: the ` +
        "reference's text of more is no trace",
    );
  }
  const engine = await openEngine({ powerlimit: options.powerlimit });
  const result = await runLogged(engine, title, options, async (run) => {
    const decoder = new TextDecoder();
    let rest = "";
    await writeProgramText(program, (piece) => {
      const lines = (rest + decoder.decode(piece)).split("\n");
      rest = lines.pop()!;
      run.feed(lines);
    });
  });
  return { ...result, title, device: engine.device };
}

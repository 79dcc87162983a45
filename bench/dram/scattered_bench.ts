// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * What scattered rows cost the simulator, beside compact ones with the same number of commands.
 *
 * `deno run -A bench/dram/scattered_bench.ts`
 *
 * A program is simulated in four ways, in one thread, alternating, seven times each; medians are
 * shown:
 *
 * - shortcut: kept tokens side by side; channels with equal commands are simulated once
 * - compact: the same, every channel simulated for itself
 * - in place: the heads' first blocks, given as lists: the same commands and cycles as compact
 * - scattered: as many blocks by chance, other ones in each head, so that no two channels are equal
 *
 * The last two send the same requests as the second. For them the last issues more commands: every
 * row that is opened takes an activation and a precharge. Its time for each command is the fair
 * comparison; over the shortcut it can be no less than the number of channels, which all differ.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import Table from "cli-table3";
import { hbm3PimDevice } from "../../core/memory/hbm3_pim_device.ts";
import type { AttentionProgram } from "../../core/memory/memory_model.ts";
import { ProgramRunner } from "../../core/memory/program_runner.ts";
import { StatisticalBlocks } from "../../core/system/block_source.ts";
import { buildModule } from "../../wasm/build.ts";

const ROUNDS = 7;
const SIMULATIONS = 50;
const HEADS = 13;
const CASES = [["Quest", 64], ["STARC", 106], ["SparQ", 281]] as const;

const { bytes } = await buildModule("pim/assembly/index.ts", ["dram/assembly", "pim/assembly"]);
const device = hbm3PimDevice("limited");
const runner = new ProgramRunner(new WebAssembly.Module(bytes), device);

function compact(contextTokens: number, blocks: number): AttentionProgram {
  return {
    pim: "bank",
    power: "limited",
    heads: HEADS,
    headDim: 128,
    elementBytes: 2,
    contextTokens,
    keptTokens: 16 * blocks,
    partitionTokens: 409600,
    clustering: false,
    rowTokens: 16,
    oddTail: "once",
  };
}

function withBlocks(program: AttentionProgram, blocksOf: (head: number) => Uint32Array) {
  return { ...program, headBlocks: Array.from({ length: HEADS }, (_, head) => blocksOf(head)) };
}

/** CPU milliseconds of a simulation: others on the machine slow it down less. */
function measure(program: AttentionProgram, inStep: boolean): number {
  const begin = cpuUsage();
  for (let i = 0; i < SIMULATIONS; i++) runner.run(program, inStep);
  const { user, system } = cpuUsage(begin);
  return (user + system) / 1000 / SIMULATIONS;
}

/** Commands that a program makes the memory issue. */
function commandsOf(program: AttentionProgram): number {
  runner.run(program, false);
  return Object.keys(device.standard.commands)
    .reduce((sum, command) => sum + runner.issued(command), 0);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

console.log(
  `CPU milliseconds of a program of ${HEADS} heads; load ${Deno.loadavg()[0]!.toFixed(1)}.`,
);
const table = new Table({
  head: [
    "blocks of",
    "",
    "shortcut",
    "compact",
    "in place",
    "scattered",
    "commands, times",
    "over compact",
    "for each command",
    "over the shortcut",
  ],
  style: { head: [], border: [] },
});
const source = new StatisticalBlocks({ seed: 1 });
for (const contextTokens of [10000, 32000]) {
  for (const [policy, blocks] of CASES) {
    const program = compact(contextTokens, blocks);
    const storedBlocks = Math.ceil(contextTokens / 16);
    const first = withBlocks(program, () => Uint32Array.from({ length: blocks }, (_, i) => i));
    const drawn = withBlocks(
      program,
      (head) => source.blocksOf({ step: 0, head, storedBlocks, keptBlocks: blocks }),
    );
    const ways = [[program, true], [program, false], [first, false], [drawn, false]] as const;
    const times = ways.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      ways.forEach(([way, inStep], i) => times[i]!.push(measure(way, inStep)));
    }
    const commands = commandsOf(drawn) / commandsOf(program);
    const [shortcut, each, inPlace, scattered] = times.map(median) as [
      number,
      number,
      number,
      number,
    ];
    table.push([
      `${contextTokens}`,
      `${policy} (${blocks})`,
      ...[shortcut, each, inPlace, scattered].map((value) => value.toFixed(3)),
      commands.toFixed(2),
      (scattered / each).toFixed(2),
      (scattered / each / commands).toFixed(2),
      (scattered / shortcut).toFixed(1),
    ]);
  }
}
console.log(table.toString());

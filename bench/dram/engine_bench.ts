// deno-lint-ignore-file no-console -- a bench prints its table
/**
 * How fast the cycle engine is, beside a plain C program of the same algorithm.
 *
 * `deno run -A bench/dram/engine_bench.ts` compiles `baseline.c` with `gcc -O2` (without gcc its
 * columns stay empty) and runs both on the reference's traces where they lie beside the checkout,
 * else on programs the published generators emit; then on the programs whose CPU seconds in the
 * reference are known, where those lie beside the checkout.
 *
 * A measurement is one process's or one WebAssembly instance's wall time for a number of simulations
 * of one trace, divided by that number, which is chosen so that a measurement takes about 50 ms.
 * Engine and C alternate, seven measurements each; medians are shown. Both have the decoded trace
 * in memory beforehand (operation and byte address); the engine's time includes copying it into
 * WebAssembly memory, C's includes nothing but the simulation. Neither keeps a log. Cycles, issued
 * commands and accepted requests of both must be equal. The reference's seconds were measured on
 * another machine and include reading its text trace: take them as an order of magnitude.
 *
 * @module
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { sharedPath, sharedRows } from "../../core/testing/shared_material.ts";
import { buildModule } from "../../wasm/build.ts";
import { resolveDevice } from "../../wasm/dram/device.ts";
import { deviceImage } from "../../wasm/dram/device_image.ts";
import { HBM3_PIM } from "../../wasm/dram/standards/hbm3_pim.ts";
import { goldenTraces } from "../../wasm/dram/verify/golden_traces.ts";
import type { TraceRequest } from "../../wasm/dram/verify/hbm3_pim_rules.ts";
import {
  type ProgramOptions,
  referenceProgram,
} from "../../wasm/dram/verify/reference_programs.ts";
import { median } from "../median.ts";

const ROUNDS = 7;
const MEASUREMENT_MS = 50;

/** Operations in the order `baseline.c` numbers them. */
const OPERATIONS = [
  "PIM_MAC_AB",
  "PIM_MAC_SB",
  "PIM_MAC_PB",
  "PIM_WR_GB",
  "PIM_MV_SB",
  "PIM_MV_GB",
  "PIM_SFM",
  "PIM_SET_MODEL",
  "PIM_SET_HEAD",
  "PIM_BARRIER",
];

const KINDS = new Map(HBM3_PIM.requests.map(({ trace }, kind) => [trace, kind]));

interface Workload {
  readonly name: string;
  readonly timing: "HBM3_5.2Gbps" | "HBM3_5.2Gbps_NPC";
  readonly requests: TraceRequest[];
  readonly referenceSeconds?: number;
}

/** One measurement: nanoseconds of a simulation, and what it came to, in words. */
interface Measured {
  readonly ns: number;
  readonly cycles: number;
  readonly outcome: string;
}

type Measure = (simulations: number) => Measured;

interface EngineExports {
  readonly memory: WebAssembly.Memory;
  imageBuffer(words: number): number;
  configure(): void;
  addressBuffer(): number;
  kindBuffer(): number;
  bufferRequests(): number;
  begin(loggedChannel: number): void;
  sendBuffer(count: number): void;
  finish(): bigint;
  accepted(request: number): bigint;
  issued(command: number): bigint;
}

/** The engine itself, below its TypeScript door: requests are numbers already. */
function engineMeasure(module: WebAssembly.Module, { timing, requests }: Workload): Measure {
  const engine = new WebAssembly.Instance(module).exports as unknown as EngineExports;
  const device = resolveDevice(HBM3_PIM, { organisation: "HBM3_8Gb_2R", timing, channels: 16 });
  const image = deviceImage(device);
  const pointer = engine.imageBuffer(image.length);
  new Int32Array(engine.memory.buffer, pointer, image.length).set(image);
  engine.configure();

  const addresses = BigUint64Array.from(requests, ({ address }) => BigInt(address));
  const kinds = Uint8Array.from(requests, ({ op }) => KINDS.get(op)!);
  const capacity = engine.bufferRequests();
  const simulate = () => {
    engine.begin(-1);
    for (let from = 0; from < kinds.length; from += capacity) {
      const part = kinds.subarray(from, from + capacity);
      const { buffer } = engine.memory;
      new BigUint64Array(buffer, engine.addressBuffer(), capacity)
        .set(addresses.subarray(from, from + capacity));
      new Uint8Array(buffer, engine.kindBuffer(), capacity).set(part);
      engine.sendBuffer(part.length);
    }
    return Number(engine.finish());
  };
  return (simulations) => {
    let cycles = 0;
    const begin = performance.now();
    for (let i = 0; i < simulations; i++) cycles = simulate();
    const ns = (performance.now() - begin) * 1e6 / simulations;
    const accepted = OPERATIONS.map((op) => engine.accepted(KINDS.get(op)!));
    const issued = Object.keys(device.standard.commands)
      .reduce((sum, _, command) => sum + engine.issued(command), 0n);
    return { ns, cycles, outcome: describe(cycles, issued, accepted) };
  };
}

/** The C program, started anew for every measurement; it times itself. */
function baselineMeasure(program: string, folder: string, workload: Workload): Measure {
  const { timing, requests } = workload;
  const file = join(folder, "trace");
  writeFileSync(
    file,
    BigUint64Array.from(
      requests,
      ({ op, address }) => (BigInt(OPERATIONS.indexOf(op)) << 56n) | BigInt(address),
    ),
  );
  return (simulations) => {
    const spacing = timing.endsWith("_NPC") ? "4" : "6";
    const { stdout, stderr, status } = spawnSync(program, [file, String(simulations), spacing], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`baseline.c: ${stderr}`);
    const value = (key: string) => Number(new RegExp(`^${key} (\\S+)`, "m").exec(stdout)![1]);
    const accepted = OPERATIONS.map((_, op) => value(`accepted ${op}`));
    const cycles = value("cycles");
    return { ns: value("ns"), cycles, outcome: describe(cycles, value("issued"), accepted) };
  };
}

function describe(cycles: number, issued: number | bigint, accepted: unknown[]): string {
  return `${cycles} cycles, ${issued} issued, accepted ${accepted.join(" ")}`;
}

/** Alternates the programs and returns the median of each. */
function compare(measures: Measure[]): { cycles: number; ns: number[] } {
  const warm = measures.map((measure) => measure(3));
  const differing = warm.find(({ outcome }) => outcome !== warm[0]!.outcome);
  if (differing !== undefined) {
    throw new Error(`Expected ${warm[0]!.outcome} from baseline.c but found ${differing.outcome}`);
  }
  const simulations = Math.max(1, Math.ceil(MEASUREMENT_MS * 1e6 / warm[0]!.ns));
  const rounds = Array.from(
    { length: ROUNDS },
    () => measures.map((measure) => measure(simulations).ns),
  );
  const ns = measures.map((_, which) => median(rounds.map((round) => round[which]!)));
  return { cycles: warm[0]!.cycles, ns };
}

/** The compiled C program, or undefined where there is no gcc. */
function compileBaseline(folder: string): string | undefined {
  const source = fileURLToPath(new URL("baseline.c", import.meta.url));
  const program = join(folder, "baseline");
  const { error, status, stderr } = spawnSync("gcc", ["-O2", "-o", program, source], {
    encoding: "utf8",
  });
  if (error !== undefined) {
    console.log("gcc was not found: the C columns stay empty");
    return undefined;
  }
  if (status !== 0) throw new Error(`baseline.c does not compile: ${stderr}`);
  return program;
}

function traces(): Workload[] {
  const golden = goldenTraces();
  if (golden.length > 0) {
    return golden.map(({ name, timing, requests }) => ({
      name,
      timing: timing as Workload["timing"],
      requests: requests(),
    }));
  }
  return (["bank", "bankgroup", "buffer"] as const).map((pim) => ({
    name: `${pim}, 13 heads, 2,048 tokens`,
    timing: "HBM3_5.2Gbps",
    requests: referenceProgram({ ...STACK_PROGRAM, pim, contextTokens: 2048, keptTokens: 2048 }),
  }));
}

const STACK_PROGRAM: Omit<ProgramOptions, "contextTokens" | "keptTokens"> = {
  pim: "bank",
  heads: 13,
  headDim: 128,
  elementBytes: 2,
  partitionTokens: 409600,
  clustering: false,
};

/** Programs with known CPU seconds in the reference, trace generation included. */
function* referenceWorkloads(): Generator<Workload> {
  const file = "golden/reference_cpu_seconds.csv";
  if (!existsSync(sharedPath(file))) return;
  for (const row of sharedRows(file)) {
    const program = {
      ...STACK_PROGRAM,
      heads: Number(row.nhead),
      contextTokens: Number(row.L),
      keptTokens: Number(row.eff_L),
      clustering: row.flags!.includes("--add_cluster"),
    };
    yield {
      name: `L ${row.L} kept ${row.eff_L}${program.clustering ? " clustering" : ""}`,
      timing: "HBM3_5.2Gbps",
      requests: referenceProgram(program),
      referenceSeconds: Number(row.gen_cpu_s) + Number(row.ram_cpu_s),
    };
  }
}

function report(
  module: WebAssembly.Module,
  baseline: string | undefined,
  folder: string,
  workloads: Iterable<Workload>,
): void {
  const table = new Table({
    head: [
      "trace",
      "requests",
      "cycles",
      "ns/request",
      "C ns/request",
      "ratio",
      "Mcycles/s",
      "reference s",
      "engine s",
    ],
  });
  const ratios: number[] = [];
  for (const workload of workloads) {
    const count = workload.requests.length;
    const measures = [engineMeasure(module, workload)];
    if (baseline !== undefined) measures.push(baselineMeasure(baseline, folder, workload));
    const { cycles, ns: [engine, c] } = compare(measures);
    if (c !== undefined) ratios.push(engine! / c);
    table.push([
      workload.name,
      count,
      cycles,
      (engine! / count).toFixed(1),
      c === undefined ? "" : (c / count).toFixed(1),
      c === undefined ? "" : (engine! / c).toFixed(2),
      (cycles / engine! * 1000).toFixed(2),
      workload.referenceSeconds?.toFixed(2) ?? "",
      workload.referenceSeconds === undefined ? "" : (engine! / 1e9).toFixed(5),
    ]);
  }
  if (table.length === 0) return;
  console.log(table.toString());
  if (ratios.length > 0) {
    console.log(
      `engine / C: median ${median(ratios).toFixed(2)}, largest ${Math.max(...ratios).toFixed(2)}`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), "kvpim-bench-"));
try {
  const { bytes } = await buildModule("dram/assembly/index.ts", ["dram/assembly"]);
  const module = await WebAssembly.compile(bytes);
  const baseline = compileBaseline(folder);
  report(module, baseline, folder, traces());
  report(module, baseline, folder, referenceWorkloads());
} finally {
  rmSync(folder, { recursive: true });
}

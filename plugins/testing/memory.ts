/**
 * For tests only: a memory model of this repository beside the engine it is made of, called
 * directly.
 *
 * @module
 */
import fc from "fast-check";
import { dramPicojoulesPerBit, pimEnergy } from "../../core/hardware/energies.ts";
import {
  type LoadOptions,
  loadPlugin,
  MemoryPlugin,
  type MemoryPluginOptions,
  unwrap,
} from "../../core/host/mod.ts";
import { transpiledPlugins } from "../../core/host/transpiled_plugins.ts";
import { tokensOfBlock } from "../../core/memory/canonical_program.ts";
import type { AttentionProgram, PimLevel, PowerBudget } from "../../core/memory/memory_model.ts";
import { ProgramRunner } from "../../core/memory/program_runner.ts";
import { buildModule } from "../../wasm/build.ts";
import { type Device, resolveDevice } from "../../wasm/dram/device.ts";
import { deviceForQueries } from "../../wasm/dram/queries.ts";
import { STANDARDS } from "../../wasm/dram/standards/mod.ts";
import { builtComponent } from "../../wasm/sdk/build_cache.ts";
import { readPluginManifest } from "../../wasm/sdk/plugin_manifest.ts";
import type { Cost, EnergyTerm } from "../../wasm/wit/memory/since-v0.1.0/memory.ts";

/** The folder `plugins/NAME`. */
export const folderOf = (name: string) => new URL(`../${name}/`, import.meta.url);

/** Builds the memory of a folder beside this one, e.g. `"hbm3-pim-bank"`. */
export async function builtMemory(
  name: string,
  options: LoadOptions = {},
  running: MemoryPluginOptions = {},
): Promise<MemoryPlugin> {
  const component = await builtComponent(folderOf(name));
  const loaded = await loadPlugin(component, "memory", {
    isolation: "none",
    cache: transpiledPlugins,
    ...options,
  });
  return new MemoryPlugin(unwrap(loaded), running);
}

/** The engine with the device that a plugin declares, called directly. */
export class DirectEngine {
  readonly #module: WebAssembly.Module;
  readonly #device: Record<PowerBudget, Device>;
  readonly #unitMegahertz: number;
  readonly #runners = new Map<string, ProgramRunner>();

  private constructor(module: WebAssembly.Module, name: string) {
    this.#module = module;
    const { standard, organisation, channels, timings, unitMegahertz } = readPluginManifest(
      folderOf(name),
    ).device!;
    const device = (timing: string) =>
      resolveDevice(STANDARDS[standard]!, { organisation, channels, timing });
    this.#device = { limited: device(timings.limited), unlimited: device(timings.unlimited!) };
    this.#unitMegahertz = unitMegahertz!;
  }

  /** For the plugin of a folder. */
  static async open(name: string): Promise<DirectEngine> {
    const { bytes } = await buildModule("pim/assembly/index.ts", ["dram/assembly", "pim/assembly"]);
    return new DirectEngine(await WebAssembly.compile(bytes), name);
  }

  device(power: PowerBudget, queries = 1): Device {
    return deviceForQueries(this.#device[power], queries, this.#unitMegahertz);
  }

  /** What the plugin has to answer. */
  costOf(program: AttentionProgram): Cost {
    const { power, queries = 1 } = program;
    const key = `${power} ${queries}`;
    let runner = this.#runners.get(key);
    if (!runner) {
      runner = new ProgramRunner(this.#module, this.device(power, queries));
      this.#runners.set(key, runner);
    }
    const { cycles, mac, softmax, mvgb, mvsb, wrgb } = runner.run(program);
    const issued = (command: string) => runner.issued(command);
    return {
      cycles,
      cycleNs: this.device(power).clockPs / 1000,
      counts: {
        load: 0,
        store: 0,
        mac,
        softmax,
        moveGemvBuffer: mvgb,
        moveSoftmaxBuffer: mvsb,
        writeGemvBuffer: wrgb,
        activations: issued("ACTAB") + issued("ACTSB") + issued("ACTPB") + issued("ACT"),
        refreshes: issued("REFab"),
      },
      energy: energyOf(program, {
        mac,
        queriesWritten: wrgb,
        buffers: wrgb + mvsb + mvgb,
        rows: 64 * issued("ACTAB") + 16 * issued("ACTSB") + 2 * issued("ACTPB"),
      }),
    };
  }
}

/** Bits of a column in one bank. */
const COLUMN_BITS = 32 * 8;
const BANKS_OF_A_MAC: Record<PimLevel, number> = { bank: 64, bankgroup: 16, buffer: 2 };

/** Energy from the constants of `core/hardware`, in the contract's order. */
function energyOf(
  { pim, elementBytes, queries = 1 }: AttentionProgram,
  { mac, queriesWritten, buffers, rows }: Record<
    "mac" | "queriesWritten" | "buffers" | "rows",
    number
  >,
): EnergyTerm[] {
  const { activate, cell, bankGroupMux, globalIoMux, tsv, interposer } = dramPicojoulesPerBit;
  const columns = mac * BANKS_OF_A_MAC[pim];
  const pastBankGroup = buffers + (pim === "bank" ? 0 : columns);
  const toBufferDie = buffers + (pim === "buffer" ? columns : 0);
  const bits = (count: number) => count * COLUMN_BITS;
  const io = bits(pastBankGroup) * bankGroupMux + bits(toBufferDie) * (globalIoMux + tsv) +
    bits(queriesWritten) * interposer;
  const multiplyAdds = columns * 32 / elementBytes * queries;
  return [
    { kind: "activation", picojoules: rows * 32 * COLUMN_BITS * activate },
    { kind: "cell-access", picojoules: bits(columns) * cell },
    { kind: "io", picojoules: io },
    { kind: "compute", picojoules: multiplyAdds * pimEnergy.aluPicojoulesPerMultiplyAdd },
  ];
}

/** Programs of every kind that a memory with units at `pim` serves. */
export function attentionPrograms(pim: PimLevel): fc.Arbitrary<AttentionProgram> {
  return fc.record({
    pim: fc.constant(pim),
    power: fc.constantFrom("limited", "unlimited"),
    heads: fc.integer({ min: 1, max: 40 }),
    headDim: fc.constantFrom(16, 64, 80, 128, 160, 256),
    elementBytes: fc.constantFrom(1, 2),
    contextTokens: fc.integer({ min: 1, max: 500 }),
    keptShare: fc.double({ min: 0, max: 1, noNaN: true }),
    partitionTokens: fc.constantFrom(4096, 409600),
    clustering: pim === "bank" ? fc.boolean() : fc.constant(false),
    rowTokens: fc.constantFrom(8, 16, 32),
    oddTail: fc.constantFrom("once", "per-step"),
    secondContext: fc.constantFrom("first", "own"),
    partnerTraffic: fc.constantFrom("truncated", "whole"),
    queries: fc.constantFrom(1, 1, 2, 4, 8),
    passes: fc.constantFrom("attention", "attention", "scores"),
    scattered: fc.boolean(),
    seed: fc.integer(),
  }).map(({ keptShare, scattered, seed, ...sizes }) => {
    const keptTokens = Math.max(1, Math.round(keptShare * sizes.contextTokens));
    const program = { ...sizes, keptTokens } as AttentionProgram;
    return scattered ? { ...program, headBlocks: someBlocks(program, seed) } : program;
  });
}

/** Blocks of each head, different ones; the first head reads at least one. */
function someBlocks({ pim, heads, contextTokens }: AttentionProgram, seed: number): Uint32Array[] {
  const stored = Math.ceil(contextTokens / tokensOfBlock(pim));
  return Array.from({ length: heads }, (_, head) => {
    const isRead = (block: number) => Math.imul(seed ^ (head * 977 + block), 0x9e3779b1) < 0;
    const blocks = Array.from({ length: stored }, (_, block) => block).filter(isRead);
    return Uint32Array.from(head === 0 && blocks.length === 0 ? [stored - 1] : blocks);
  });
}

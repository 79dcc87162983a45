/**
 * Attention programs in the cycle engine, in the thread that calls.
 *
 * @module
 */
import type { Device } from "../../wasm/dram/device.ts";
import { deviceImage } from "../../wasm/dram/device_image.ts";
import type { AttentionProgram, MemoryResult } from "./memory_model.ts";

const PIM_LEVELS = ["bank", "bankgroup", "buffer"];

/** Parameters in the order of `wasm/pim/assembly/program_arguments.ts`. */
type ProgramArguments = [
  pim: number,
  heads: number,
  headDim: number,
  elementBytes: number,
  contextTokens: number,
  keptTokens: number,
  partitionTokens: number,
  rowTokens: number,
  clustering: boolean,
  oddTailPerStep: boolean,
  ownSecondContext: boolean,
  wholePartnerTraffic: boolean,
  queries: number,
  scoreOnly: boolean,
];

interface Exports {
  readonly memory: WebAssembly.Memory;
  imageBuffer(words: number): number;
  configure(): void;
  allocateBlocks(heads: number, blocks: number): void;
  headEndsBuffer(): number;
  headBlocksBuffer(): number;
  runProgram(
    ...parameters: [...ProgramArguments, scattered: boolean, inStep: boolean]
  ): bigint;
  accepted(request: number): bigint;
  issued(command: number): bigint;
}

/** The numbers a program is passed to WebAssembly as. */
export function programArguments(program: AttentionProgram): ProgramArguments {
  return [
    PIM_LEVELS.indexOf(program.pim),
    program.heads,
    program.headDim,
    program.elementBytes,
    program.contextTokens,
    program.keptTokens,
    program.partitionTokens,
    program.rowTokens,
    program.clustering,
    program.oddTail === "per-step",
    program.secondContext === "own",
    program.partnerTraffic === "whole",
    program.queries ?? 1,
    program.passes === "scores",
  ];
}

/** Runs programs one after the other. */
export class ProgramRunner {
  readonly #exports: Exports;
  readonly #commands: readonly string[];
  readonly #kinds: Readonly<Record<keyof Omit<MemoryResult, "cycles">, readonly number[]>>;

  /**
   * @param module compiled `wasm/pim/assembly/index.ts`
   * @param device the memory to run in
   */
  constructor(module: WebAssembly.Module, device: Device) {
    this.#exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    const image = deviceImage(device);
    const pointer = this.#exports.imageBuffer(image.length);
    new Int32Array(this.#exports.memory.buffer, pointer, image.length).set(image);
    this.#exports.configure();
    this.#commands = Object.keys(device.standard.commands);
    const kind = (trace: string) =>
      device.standard.requests.findIndex((request) => request.trace === trace);
    this.#kinds = {
      mac: [kind("PIM_MAC_AB"), kind("PIM_MAC_SB"), kind("PIM_MAC_PB")],
      softmax: [kind("PIM_SFM")],
      mvgb: [kind("PIM_MV_GB")],
      mvsb: [kind("PIM_MV_SB")],
      wrgb: [kind("PIM_WR_GB")],
    };
  }

  /** Bytes of WebAssembly memory in use, never shrinking. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  #giveBlocks(headBlocks: readonly Uint32Array[]) {
    const heads = headBlocks.length;
    const total = headBlocks.reduce((sum, { length }) => sum + length, 0);
    this.#exports.allocateBlocks(heads, total);
    const { memory } = this.#exports;
    const ends = new Uint32Array(memory.buffer, this.#exports.headEndsBuffer(), heads);
    const blocks = new Uint32Array(memory.buffer, this.#exports.headBlocksBuffer(), total);
    let end = 0;
    headBlocks.forEach((list, head) => {
      blocks.set(list, end);
      ends[head] = end += list.length;
    });
  }

  /** Commands of a name that the last program made the memory issue, all channels together. */
  issued(command: string): number {
    return Number(this.#exports.issued(this.#commands.indexOf(command)));
  }

  /**
   * Runs a program.
   *
   * @param inStep whether channels that get the same commands are simulated once; the result is
   * the same either way
   */
  run(program: AttentionProgram, inStep = true): MemoryResult {
    const scattered = program.headBlocks !== undefined;
    if (scattered) this.#giveBlocks(program.headBlocks);
    const cycles = Number(
      this.#exports.runProgram(...programArguments(program), scattered, inStep),
    );
    const count = (kinds: readonly number[]) =>
      kinds.reduce((sum, kind) => sum + Number(this.#exports.accepted(kind)), 0);
    const { mac, softmax, mvgb, mvsb, wrgb } = this.#kinds;
    return {
      cycles,
      mac: count(mac),
      softmax: count(softmax),
      mvgb: count(mvgb),
      mvsb: count(mvsb),
      wrgb: count(wrgb),
    };
  }
}

import { MalformedBinaryError } from "../../../wasm/binary/byte_reader.ts";
import { effectOf, type FloatFormat } from "./effects.ts";
import { EMPTY_BLOCK, type Instruction, Op } from "./instructions.ts";
import type { Arity, ModuleShape } from "./module_shape.ts";

/**
 * Where a NaN may come from: instruction `i` is node `i`, local `l` is node `-1 - l`. Null for a
 * value that is no float, or whose bits are the same on every machine.
 */
type Origin = readonly number[] | null;

interface Frame {
  readonly arity: Arity;
  readonly isLoop: boolean;
  readonly height: number;
  unreachable: boolean;
}

/**
 * Finds the instructions whose NaN bit patterns could be seen: stored, compared as integers,
 * passed on, or otherwise used as bits. WebAssembly leaves those patterns open, and processors
 * differ; a NaN that is only ever used as a number need not be touched, so a dot product keeps its
 * inner loop.
 *
 * The function must be valid. Memory, globals, parameters and results hold no open patterns,
 * because everything that flows there is found here.
 *
 * @returns The format to make canonical, by index of the instruction
 */
export function findVisibleNaNs(
  instructions: readonly Instruction[],
  type: Arity,
  shape: ModuleShape,
): Map<number, FloatFormat> {
  const analysis = new Analysis(type, shape);
  instructions.forEach((instruction, index) => analysis.step(instruction, index));
  return analysis.visible();
}

class Analysis {
  readonly #stack: Origin[] = [];
  readonly #frames: Frame[];
  readonly #formats = new Map<number, FloatFormat>();
  /** What flows into each local. */
  readonly #flows = new Map<number, Set<number>>();
  readonly #seen = new Set<number>();

  constructor(private readonly type: Arity, private readonly shape: ModuleShape) {
    this.#frames = [
      {
        arity: { parameters: [], results: type.results },
        isLoop: false,
        height: 0,
        unreachable: false,
      },
    ];
  }

  /** The makers among what was seen, through locals too. */
  visible(): Map<number, FloatFormat> {
    const found = new Map<number, FloatFormat>();
    const open = [...this.#seen];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const format = this.#formats.get(node);
      if (format !== undefined) found.set(node, format);
      for (const origin of this.#flows.get(node) ?? []) {
        if (this.#seen.has(origin)) continue;
        this.#seen.add(origin);
        open.push(origin);
      }
    }
    return found;
  }

  step(instruction: Instruction, index: number): void {
    const { code } = instruction;
    switch (code) {
      case Op.block:
      case Op.loop:
      case Op.if:
        return this.#open(code, this.#blockArity(instruction.index));
      case Op.else:
        return this.#else();
      case Op.end:
        return this.#end();
      case Op.br:
        this.#see(this.#labelArity(instruction.index));
        return this.#stop();
      case Op.brIf:
        this.#pop();
        return this.#keepSeen(this.#labelArity(instruction.index));
      case Op.brTable:
        this.#pop();
        this.#see(this.#labelArity(instruction.labels[0] ?? 0));
        return this.#stop();
      case Op.return:
        this.#see(this.type.results.length);
        return this.#stop();
      case Op.unreachable:
        return this.#stop();
      default:
        this.#stepStraight(instruction, index);
    }
  }

  #stepStraight({ code, index: operand }: Instruction, index: number): void {
    switch (code) {
      case Op.call:
        return this.#call(this.#typeOf(this.shape.functions[operand]));
      case Op.callIndirect:
        this.#pop();
        return this.#call(this.#typeOf(operand));
      case Op.returnCall:
        this.#call(this.#typeOf(this.shape.functions[operand]));
        return this.#stop();
      case Op.returnCallIndirect:
        this.#pop();
        this.#call(this.#typeOf(operand));
        return this.#stop();
      case 0x01:
        return;
      case Op.drop:
        this.#pop();
        return;
      case Op.localGet:
        this.#stack.push([-1 - operand]);
        return;
      case Op.localSet:
        return this.#flow(this.#pop(), operand);
      case Op.localTee: {
        const value = this.#pop();
        this.#flow(value, operand);
        this.#stack.push(value);
        return;
      }
      case Op.globalGet:
        this.#stack.push(null);
        return;
      case Op.globalSet:
        return this.#see(1);
      case Op.select:
      case Op.selectTyped: {
        this.#see(1);
        this.#stack.push(join(this.#pop(), this.#pop()));
        return;
      }
      default:
        return this.#plain(code, index);
    }
  }

  #plain(code: number, index: number): void {
    const { pops, pushes, use, format, moved } = effectOf(code);
    let result: Origin = null;
    for (let operand = pops - 1; operand >= 0; operand--) {
      const origin = this.#pop();
      if (use === "moves" && (moved & (1 << operand)) !== 0) result = join(result, origin);
      else if (use === "moves" || use === "sees") this.#mark(origin);
    }
    if (use === "makes") {
      this.#formats.set(index, format);
      result = [index];
    }
    if (pushes === 1) this.#stack.push(result);
  }

  #call({ parameters, results }: Arity): void {
    this.#see(parameters.length);
    this.#pushClean(results.length);
  }

  #open(code: number, arity: Arity): void {
    if (code === Op.if) this.#pop();
    this.#see(arity.parameters.length);
    this.#frames.push({
      arity,
      isLoop: code === Op.loop,
      height: this.#stack.length,
      unreachable: false,
    });
    this.#pushClean(arity.parameters.length);
  }

  #else(): void {
    const frame = this.#frame();
    this.#see(frame.arity.results.length);
    this.#stack.length = frame.height;
    frame.unreachable = false;
    this.#pushClean(frame.arity.parameters.length);
  }

  #end(): void {
    const frame = this.#frame();
    this.#see(frame.arity.results.length);
    this.#stack.length = frame.height;
    this.#frames.pop();
    this.#pushClean(frame.arity.results.length);
  }

  #stop(): void {
    const frame = this.#frame();
    this.#stack.length = frame.height;
    frame.unreachable = true;
  }

  #frame(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      throw new MalformedBinaryError("Expected instructions that end with their function");
    }
    return frame;
  }

  #pop(): Origin {
    const frame = this.#frames.at(-1);
    if (frame !== undefined && this.#stack.length <= frame.height) return null;
    return this.#stack.pop() ?? null;
  }

  #pushClean(count: number): void {
    for (let i = 0; i < count; i++) this.#stack.push(null);
  }

  /** Takes values whose bits go where they may be seen. */
  #see(count: number): void {
    for (let i = 0; i < count; i++) this.#mark(this.#pop());
  }

  /** Like {@linkcode #see}, but the values stay, as they do at a branch not taken. */
  #keepSeen(count: number): void {
    const height = this.#frame().height;
    for (let at = this.#stack.length - 1; at >= height && count > 0; at--, count--) {
      this.#mark(this.#stack[at] ?? null);
    }
  }

  #mark(origin: Origin): void {
    for (const node of origin ?? []) this.#seen.add(node);
  }

  #flow(origin: Origin, local: number): void {
    if (origin === null) return;
    const node = -1 - local;
    let into = this.#flows.get(node);
    if (into === undefined) this.#flows.set(node, into = new Set());
    for (const from of origin) into.add(from);
  }

  #labelArity(label: number): number {
    const frame = this.#frames.at(-1 - label);
    if (frame === undefined) return 0;
    return (frame.isLoop ? frame.arity.parameters : frame.arity.results).length;
  }

  #blockArity(blockType: number): Arity {
    if (blockType === EMPTY_BLOCK) return { parameters: [], results: [] };
    return blockType < 0 ? { parameters: [], results: [-blockType] } : this.#typeOf(blockType);
  }

  #typeOf(index: number | undefined): Arity {
    return this.shape.types[index ?? -1] ?? { parameters: [], results: [] };
  }
}

function join(a: Origin, b: Origin): Origin {
  if (a === null || b === null) return a ?? b;
  return [...new Set([...a, ...b])];
}

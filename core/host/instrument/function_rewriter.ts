import { ByteReader } from "../../../wasm/binary/byte_reader.ts";
import { unsignedLeb128 } from "../../../wasm/binary/leb128.ts";
import { concatBytes } from "../../../wasm/binary/sections.ts";
import {
  canonicalise,
  chargeGlobal,
  chargeLocal,
  eighthOf,
  END,
  type FuelTank,
  globalGet,
  globalSet,
  i64Const,
  localGet,
  localSet,
  localTee,
  noteFailedGrowth,
  type Piece,
  scratchType,
  UNLIKELY_IF,
  ValueType,
} from "./emit.ts";
import { findVisibleNaNs } from "./float_bits.ts";
import { type Instruction, Op, readInstruction, readValueType } from "./instructions.ts";
import type { Arity, ModuleShape } from "./module_shape.ts";

/** Where the instrumentation's globals are, and how a module's own ones move. */
export interface InstrumentedGlobals extends FuelTank {
  /** 1 once memory.grow failed, i32. */
  readonly memoryExhausted: number;
  /** The new index of a global of the module. */
  readonly moved: (index: number) => number;
}

/** What to change. */
export interface Instrumentation {
  readonly fuel: boolean;
  readonly canonicalNaN: boolean;
}

/** A function as rewritten. */
export interface RewrittenFunction {
  /** Its entry in the code section, without its length. */
  readonly body: Uint8Array;
  /** Where in it an `if` stands that is hardly ever taken. */
  readonly unlikely: readonly number[];
}

/** Asks for the index of a function type without parameters and with these results. */
export type BlockTypeIndex = (results: readonly number[]) => number;

const BULK: ReadonlySet<number> = new Set([
  Op.memoryInit,
  Op.memoryCopy,
  Op.memoryFill,
  Op.tableInit,
  Op.tableCopy,
  Op.tableFill,
]);

const CALLS: ReadonlySet<number> = new Set([Op.call, Op.callIndirect]);
const LEAVES: ReadonlySet<number> = new Set([Op.return, Op.returnCall, Op.returnCallIndirect]);

/**
 * Rewrites one function.
 *
 * Fuel: each instruction costs 1, charged ahead for the stretch it stands in. A stretch is the
 * function without its loops, or one loop without the loops in it; entering it charges all of it,
 * also branches not taken. Bulk operations cost an eighth of their size on top. A function with
 * loops keeps the counter in a local and writes it back around calls and when it leaves.
 *
 * @param code The function's entry in the code section, without its length
 */
export function rewriteFunction(
  code: Uint8Array,
  type: Arity,
  shape: ModuleShape,
  globals: InstrumentedGlobals,
  what: Instrumentation,
  blockType: BlockTypeIndex,
): RewrittenFunction {
  const reader = new ByteReader(code);
  const declared = readLocals(reader);
  const bodyStart = reader.at;
  const instructions: Instruction[] = [];
  while (!reader.done) instructions.push(readInstruction(reader));
  const locals = new Locals(type.parameters.length + declared.count);
  const nans = what.canonicalNaN ? findVisibleNaNs(instructions, type, shape) : new Map();
  const costs = what.fuel ? stretchCosts(instructions) : null;
  const copiesFuel = costs !== null &&
    instructions.some(({ code }) => code === Op.loop || BULK.has(code));
  const fuelLocal = copiesFuel ? locals.add(ValueType.i64) : -1;
  const writeBack = copiesFuel ? [...localGet(fuelLocal), ...globalSet(globals.fuel)] : [];
  const readAgain = copiesFuel ? [...globalGet(globals.fuel), ...localSet(fuelLocal)] : [];

  const before = ({ code }: Instruction): readonly Piece[] => {
    if (CALLS.has(code) || LEAVES.has(code)) return [writeBack];
    if (!copiesFuel || !BULK.has(code)) return [];
    const size = locals.scratch(ValueType.i32);
    return [localTee(size), ...chargeLocal(globals, fuelLocal, eighthOf(size))];
  };
  const after = ({ code }: Instruction, index: number): readonly Piece[] => {
    const format = nans.get(index);
    if (format !== undefined) return [canonicalise(format, locals.scratch(scratchType(format)))];
    if (CALLS.has(code)) return [readAgain];
    if (code === Op.memoryGrow) {
      return [noteFailedGrowth(globals.memoryExhausted, locals.scratch(ValueType.i32))];
    }
    const cost = code === Op.loop ? costs?.get(index) : undefined;
    return cost === undefined ? [] : chargeLocal(globals, fuelLocal, i64Const(cost));
  };

  const pieces: Piece[] = [];
  const last = instructions.length - 1;
  instructions.forEach((instruction, index) => {
    if (index === last) return;
    pieces.push(
      ...before(instruction),
      ownBytes(code, instruction, globals),
      ...after(instruction, index),
    );
  });

  const entryCost = costs?.get(-1) ?? 0;
  const entry: readonly Piece[] = costs === null
    ? []
    : copiesFuel
    ? [readAgain, ...chargeLocal(globals, fuelLocal, i64Const(entryCost))]
    : chargeGlobal(globals, entryCost);
  const body: Piece[] = copiesFuel
    ? [...entry, [0x02, ...blockTypeBytes(type.results, blockType)], ...pieces, [END], writeBack, [
      END,
    ]]
    : [...entry, ...pieces, [END]];
  const declarations = locals.declare(declared.groups, code, declared.start, bodyStart);
  const all = [declarations, ...body];
  return { body: concatBytes(all), unlikely: unlikelyIn(all) };
}

/** Where the pieces have an `if` that is hardly ever taken. */
function unlikelyIn(pieces: readonly Piece[]): number[] {
  const found: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (piece === UNLIKELY_IF) found.push(at);
    at += piece.length;
  }
  return found;
}

/** An instruction's bytes, with the index of a global moved. */
function ownBytes(code: Uint8Array, one: Instruction, globals: InstrumentedGlobals): Piece {
  if (one.code === Op.globalGet) return globalGet(globals.moved(one.index));
  if (one.code === Op.globalSet) return globalSet(globals.moved(one.index));
  return code.subarray(one.start, one.end);
}

/** Instructions in each stretch, by index of its loop; -1 is the function itself. */
function stretchCosts(instructions: readonly Instruction[]): Map<number, number> {
  const costs = new Map([[-1, 0]]);
  const open = [-1];
  instructions.forEach(({ code }, index) => {
    const stretch = open.at(-1) ?? -1;
    costs.set(stretch, (costs.get(stretch) ?? 0) + 1);
    if (code === Op.loop) open.push(index);
    else if (code === Op.block || code === Op.if) open.push(stretch);
    else if (code === Op.end) open.pop();
  });
  return costs;
}

function blockTypeBytes(results: readonly number[], blockType: BlockTypeIndex): number[] {
  const [only] = results;
  if (only === undefined) return [0x40];
  return results.length === 1 ? [only] : unsignedLeb128(blockType(results));
}

function readLocals(reader: ByteReader): { groups: number; start: number; count: number } {
  const groups = reader.u32();
  const start = reader.at;
  let count = 0;
  for (let i = 0; i < groups; i++) {
    count += reader.u32();
    readValueType(reader);
  }
  return { groups, start, count };
}

/** The locals a rewritten function adds behind its own. */
class Locals {
  readonly #added: number[] = [];
  readonly #scratch = new Map<number, number>();

  constructor(private readonly own: number) {}

  add(type: number): number {
    return this.own + this.#added.push(type) - 1;
  }

  /** A local of a type that nothing keeps a value in for longer than one insertion. */
  scratch(type: number): number {
    let local = this.#scratch.get(type);
    if (local === undefined) this.#scratch.set(type, local = this.add(type));
    return local;
  }

  declare(groups: number, code: Uint8Array, start: number, end: number): Uint8Array {
    return concatBytes([
      unsignedLeb128(groups + this.#added.length),
      code.subarray(start, end),
      this.#added.flatMap((type) => [1, type]),
    ]);
  }
}

/**
 * Reads Python's pickle format as data.
 *
 * Pickles are programs that may call anything; this reader calls nothing. Names of classes and
 * functions become {@linkcode PickleGlobal}, calls become {@linkcode PickleCall}, and whoever reads
 * the result decides what a known name means.
 *
 * @module
 */

/** A class or function by name. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** A call the pickle asks for and that was not made. */
export class PickleCall {
  constructor(readonly callee: PickleValue, readonly args: PickleValue) {}
}

/** A reference to something outside of the pickle. */
export class PickleReference {
  constructor(readonly id: PickleValue) {}
}

/** What a pickle can hold. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleCall
  | PickleReference;

const MARK = Symbol("mark");
type StackItem = PickleValue | typeof MARK;

/**
 * Reads one pickle.
 *
 * @throws {RangeError} when it ends early or has an instruction that torch.save does not write
 */
export function readPickle(bytes: Uint8Array): PickleValue {
  return new PickleReader(bytes).read();
}

class PickleReader {
  readonly #view: DataView;
  readonly #stack: StackItem[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): PickleValue {
    while (true) {
      const at = this.#at;
      const code = this.#byte();
      if (code === 0x2e) return this.#pop(); // STOP
      if (this.#constant(code) || this.#container(code) || this.#memory(code)) continue;
      const name = `0x${code.toString(16).padStart(2, "0")}`;
      throw new RangeError(`Expected an instruction of torch.save but found ${name} at byte ${at}`);
    }
  }

  /** Instructions that push what they hold. */
  #constant(code: number): boolean {
    switch (code) {
      case 0x80: // PROTO
        this.#byte();
        return true;
      case 0x95: // FRAME
        this.#at += 8;
        return true;
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4b: // BININT1
        return this.#push(this.#byte());
      case 0x4d: // BININT2
        return this.#push(this.#view.getUint16(this.#take(2), true));
      case 0x4a: // BININT
        return this.#push(this.#view.getInt32(this.#take(4), true));
      case 0x8a: // LONG1
        return this.#push(this.#long(this.#byte()));
      case 0x47: // BINFLOAT
        return this.#push(this.#view.getFloat64(this.#take(8), false));
      case 0x58: // BINUNICODE
        return this.#push(this.#text(this.#view.getUint32(this.#take(4), true)));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#text(this.#byte()));
      case 0x43: // SHORT_BINBYTES
        return this.#push(this.#slice(this.#byte()));
      case 0x63: // GLOBAL
        return this.#push(new PickleGlobal(`${this.#line()}.${this.#line()}`));
      default:
        return false;
    }
  }

  /** Instructions that make a container, a call or a reference of what is on the stack. */
  #container(code: number): boolean {
    switch (code) {
      case 0x28: // MARK
        this.#stack.push(MARK);
        return true;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        return this.#push([]);
      case 0x7d: // EMPTY_DICT
        return this.#push(new Map());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(this.#popMany(code - 0x84));
      case 0x74: // TUPLE
        return this.#push(this.#popToMark());
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#popToMark());
      case 0x73: // SETITEM
        return this.#setItems(this.#popMany(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#popToMark());
      case 0x93: { // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        return this.#push(new PickleGlobal(`${module}.${name}`));
      }
      case 0x52: // REDUCE
      case 0x81: { // NEWOBJ
        const [callee, args] = this.#popMany(2);
        return this.#push(new PickleCall(callee!, args!));
      }
      case 0x62: // BUILD: attributes of an object, which tensors do not need
        this.#pop();
        return true;
      case 0x51: // BINPERSID
        return this.#push(new PickleReference(this.#pop()));
      default:
        return false;
    }
  }

  /** Instructions that store and recall values. */
  #memory(code: number): boolean {
    switch (code) {
      case 0x71: // BINPUT
        return this.#store(this.#byte());
      case 0x72: // LONG_BINPUT
        return this.#store(this.#view.getUint32(this.#take(4), true));
      case 0x94: // MEMOIZE
        return this.#store(this.#memo.size);
      case 0x68: // BINGET
        return this.#recall(this.#byte());
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#view.getUint32(this.#take(4), true));
      default:
        return false;
    }
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const item = this.#stack.pop();
    if (item !== undefined && item !== MARK) return item as PickleValue;
    throw new RangeError(`Expected a value on the stack but found none at byte ${this.#at}`);
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new RangeError(`Expected a mark but found none at byte ${this.#at}`);
    const items = this.#stack.splice(mark);
    return items.slice(1) as PickleValue[];
  }

  #append(items: PickleValue[]): true {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw new RangeError(`Expected a list at byte ${this.#at}`);
    list.push(...items);
    return true;
  }

  /** Of a dictionary, or of an OrderedDict, which is a call without arguments. */
  #setItems(items: PickleValue[]): true {
    let target = this.#stack.at(-1);
    if (target instanceof PickleCall) {
      target = new Map();
      this.#replaceTop(target);
    }
    if (!(target instanceof Map)) throw new RangeError(`Expected a dictionary at byte ${this.#at}`);
    for (let i = 0; i + 1 < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
    return true;
  }

  #replaceTop(value: PickleValue) {
    const old = this.#stack.pop();
    this.#stack.push(value);
    for (const [key, stored] of this.#memo) if (stored === old) this.#memo.set(key, value);
  }

  #store(key: number): true {
    const top = this.#stack.at(-1);
    if (top !== undefined && top !== MARK) this.#memo.set(key, top as PickleValue);
    return true;
  }

  #recall(key: number): true {
    const value = this.#memo.get(key);
    if (value === undefined) throw new RangeError(`Expected memo ${key} but found none`);
    return this.#push(value);
  }

  #byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Moves on and gives where it was. */
  #take(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #slice(length: number): Uint8Array {
    const at = this.#take(length);
    if (this.#at > this.bytes.length) throw new RangeError(`Expected ${length} bytes at ${at}`);
    return this.bytes.subarray(at, at + length);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#slice(length));
  }

  #line(): string {
    const end = this.bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new RangeError(`Expected a line at byte ${this.#at}`);
    const text = this.#text(end - this.#at);
    this.#at = end + 1;
    return text;
  }

  #long(length: number): number {
    let value = 0n;
    this.#slice(length).forEach((byte, i) => value |= BigInt(byte) << BigInt(8 * i));
    return Number(BigInt.asIntN(8 * length, value));
  }
}

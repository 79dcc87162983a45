/**
 * For tests only: writes files with the layout of torch.save.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type { ElementType } from "../element_type.ts";
import { encodeElements, type NewTensor } from "./encode_safetensors.ts";

const STORAGES: Readonly<Record<ElementType, string>> = {
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
};

/** The bytes of a state dictionary: a zip archive of a pickle and one file a tensor. */
export function encodeTorch(tensors: ReadonlyMap<string, NewTensor>): Uint8Array<ArrayBuffer> {
  const entries: [string, Uint8Array][] = [["archive/data.pkl", pickle(tensors)]];
  [...tensors.values()].forEach(({ values, type }, key) =>
    entries.push([`archive/data/${key}`, encodeElements(values, type)])
  );
  return zip(entries);
}

/** `{name: _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}`, protocol 2. */
function pickle(tensors: ReadonlyMap<string, NewTensor>): Uint8Array<ArrayBuffer> {
  const items = [...tensors].map(([name, { shape, values, type }], key) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((all, n) => all * n, 1));
    const storage = tuple(
      text("storage"),
      global("torch", STORAGES[type]),
      text(String(key)),
      text("cpu"),
      integer(values.length),
    );
    const args = tuple(
      [storage, BINPERSID],
      integer(0),
      tuple(...shape.map(integer)),
      tuple(...strides.map(integer)),
      NEWFALSE,
      [global("collections", "OrderedDict"), tuple(), REDUCE],
    );
    return [text(name), global("torch._utils", "_rebuild_tensor_v2"), args, REDUCE];
  });
  return bytesOf([PROTO, 2, EMPTY_DICT, MARK, items, SETITEMS, STOP]);
}

/** Bytes in lists of lists. */
type Code = number | Uint8Array | readonly Code[];

const PROTO = 0x80;
const EMPTY_DICT = 0x7d;
const MARK = 0x28;
const TUPLE = 0x74;
const SETITEMS = 0x75;
const STOP = 0x2e;
const BINPERSID = 0x51;
const NEWFALSE = 0x89;
const REDUCE = 0x52;
const GLOBAL = 0x63;
const BININT = 0x4a;
const BINUNICODE = 0x58;

const utf8 = (value: string) => new TextEncoder().encode(value);
const tuple = (...items: readonly Code[]): Code => [MARK, items, TUPLE];
const global = (module: string, name: string): Code => [GLOBAL, utf8(`${module}\n${name}\n`)];
const integer = (value: number): Code => [BININT, word(value)];
const text = (value: string): Code => [BINUNICODE, word(utf8(value).length), utf8(value)];

/** A zip archive of some files, none compressed. */
export function zip(files: readonly [string, Uint8Array][]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of files) {
    // Version, flags, method (stored), time and date; sum and sizes; lengths of name and extra.
    const fields: Code = [
      ...[half(20), half(0), half(0), half(0), half(0)],
      ...[word(crc32(content)), word(content.length), word(content.length)],
      ...[half(utf8(name).length), half(0)],
    ];
    const local = bytesOf([word(0x04034b50), fields, utf8(name), content]);
    // Before the fields the version that made it; behind them comment, disk, attributes and place.
    const rest: Code = [half(0), half(0), half(0), word(0), word(at)];
    directory.push(bytesOf([word(0x02014b50), half(20), fields, rest, utf8(name)]));
    locals.push(local);
    at += local.length;
  }
  const list = bytesOf(directory);
  const count = half(files.length);
  const end = [
    word(0x06054b50),
    half(0),
    half(0),
    count,
    count,
    word(list.length),
    word(at),
    half(0),
  ];
  return bytesOf([locals, list, end]);
}

function half(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function bytesOf(code: Code): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const add = (part: Code) => {
    if (typeof part === "number") parts.push(Uint8Array.of(part));
    else if (part instanceof Uint8Array) parts.push(part);
    else part.forEach(add);
  };
  add(code);
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

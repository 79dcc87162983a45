import assert from "node:assert/strict";
import { Layout } from "../../wasm/wit/layout.ts";
import { parseWit } from "../../wasm/wit/parse_wit.ts";
import { type Answers, compileReader } from "./compile_reader.ts";
import { ContractBreach } from "./contract_breach.ts";

const [types] = parseWit(`
package kvpim:test@0.1.0;
interface types {
  enum shade { red, green }
  flags marks { a, b, c }
  variant shape { nothing, named(string), sized(u64) }
  record all {
    shade: shade,
    marks: marks,
    shape: shape,
    maybe-later: option<s16>,
    numbers: list<u32>,
    shades: list<shade>,
  }
}`).interfaces;
const layout = new Layout(types!.types);

/** Reads a type at the start of a memory of 64 bytes that begins with these. */
function read(name: string, bytes: readonly number[], answers: Answers = "copied"): unknown {
  const memory = new Uint8Array(64);
  memory.set(bytes);
  const reader = compileReader(layout, { kind: "named", name }, answers);
  return reader(new DataView(memory.buffer), 0);
}

/** A record `all`: red, no marks, nothing, none, and two empty lists. */
const EMPTY = Array.from({ length: 44 }, () => 0);
const MAYBE = 24;
const NUMBERS = 28;

Deno.test("a record is read from its bytes", () => {
  const bytes = EMPTY.slice();
  bytes.splice(0, 2, 1, 0b101);
  bytes.splice(8, 1, 2);
  bytes.splice(16, 8, 5, 0, 0, 0, 1, 0, 0, 0);
  bytes.splice(MAYBE, 4, 1, 0, 0xfe, 0xff);
  bytes.splice(NUMBERS, 8, 44, 0, 0, 0, 1, 0, 0, 0);
  bytes.splice(NUMBERS + 8, 8, 45, 0, 0, 0, 2, 0, 0, 0);
  bytes.push(1, 1, 0, 0);
  assert.deepEqual(read("all", bytes), {
    shade: "green",
    marks: ["a", "c"],
    shape: { tag: "sized", value: 2 ** 32 + 5 },
    maybeLater: -2,
    numbers: Uint32Array.of(0x101),
    shades: ["green", "red"],
  });
});

Deno.test("numbers are a copy or lie in the component's memory, as asked for", () => {
  const bytes = EMPTY.with(NUMBERS, 44).with(NUMBERS + 4, 2);
  const numbers = (answers: Answers) =>
    (read("all", bytes, answers) as { numbers: Uint32Array }).numbers;
  assert.equal(numbers("copied").buffer.byteLength, 8);
  assert.equal(numbers("in-place").buffer.byteLength, 64);
});

Deno.test("bytes that stand for nothing break the contract", () => {
  const broken: [readonly number[], RegExp][] = [
    [EMPTY.with(0, 2), /found label 2 of red, green$/],
    [EMPTY.with(8, 3), /found case 3 of nothing, named, sized$/],
    [EMPTY.with(MAYBE, 2), /found case 2 of none, some$/],
    [EMPTY.with(8, 1).with(16, 60).with(20, 5), /a string of 5 bytes at 60, beyond the end/],
    [EMPTY.with(8, 1).with(16, 44).with(20, 1).concat([0xff]), /is not UTF-8$/],
    [EMPTY.with(8, 2).with(22, 0xff), /found the number \d+, above 2\^53$/],
    [EMPTY.with(NUMBERS, 2).with(NUMBERS + 4, 1), /a list at 2, which is no multiple of 4$/],
    [EMPTY.with(NUMBERS, 60).with(NUMBERS + 4, 2), /a list of 8 bytes at 60, beyond the end/],
    [EMPTY.with(NUMBERS + 8, 64).with(NUMBERS + 12, 1), /a list of 1 bytes at 64, beyond the end/],
  ];
  for (const [bytes, message] of broken) {
    assert.throws(
      () => read("all", bytes),
      (error) => error instanceof ContractBreach && message.test(error.message),
    );
  }
});

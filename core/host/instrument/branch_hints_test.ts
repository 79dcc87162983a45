import assert from "node:assert/strict";
import { parse } from "@bytecodealliance/jco";
import { ByteReader } from "../../../wasm/binary/byte_reader.ts";
import { concatBytes, readSections, SectionId } from "../../../wasm/binary/sections.ts";
import { BranchHints, isBranchHints } from "./branch_hints.ts";
import { instrumentModule } from "./instrument_module.ts";

const LIMITS = { memoryPages: 4, tableEntries: 8 };
const IF = 0x04;

/** Bodies of a module's functions, by index, imported ones aside. */
function bodiesOf(module: Uint8Array, imported: number): Map<number, Uint8Array> {
  const code = readSections(module).find(({ id }) => id === SectionId.code);
  const reader = new ByteReader(code!.body);
  const count = reader.u32();
  return new Map(
    Array.from({ length: count }, (_, i) => [imported + i, reader.take(reader.u32())]),
  );
}

/** Offsets of unlikely branches by function. */
function hintsOf(module: Uint8Array): Map<number, number[]> {
  const sections = readSections(module).filter(isBranchHints);
  assert.equal(sections.length, 1);
  const reader = new ByteReader(sections[0]!.body);
  reader.name();
  const functions = new Map<number, number[]>();
  for (let left = reader.u32(); left > 0; left--) {
    const index = reader.u32();
    const offsets = Array.from({ length: reader.u32() }, () => {
      const offset = reader.u32();
      assert.deepEqual([reader.byte(), reader.byte()], [1, 0], "one byte: unlikely");
      return offset;
    });
    functions.set(index, offsets);
  }
  assert.ok(reader.done);
  return functions;
}

const WAT = `(module
  (import "env" "call" (func (param i32) (result i32)))
  (memory 1)
  (func (export "straight") nop)
  (func (export "loops") (param i32) (local f32 i64)
    (if (local.get 0) (then (nop)))
    (loop (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))`;

Deno.test("every check of the fuel is told as unlikely, at the place of its branch, and no other", async () => {
  const module = instrumentModule(await parse(WAT), LIMITS, { fuel: true, canonicalNaN: true });
  const hints = hintsOf(module);
  const bodies = bodiesOf(module, 1);
  // One where a function begins, one a loop, one a bulk operation; the function's own if is likely.
  assert.deepEqual(Array.from(hints, ([index, { length }]) => [index, length]), [[1, 1], [2, 4]]);
  for (const [index, offsets] of hints) {
    for (const offset of offsets) {
      // i64.const 0, i64.lt_s, if without results
      const at = Array.from(bodies.get(index)!.subarray(offset - 3, offset + 2));
      assert.deepEqual(at, [0x42, 0x00, 0x53, IF, 0x40]);
    }
  }
  await WebAssembly.compile(module);
});

Deno.test("without fuel nothing is told", async () => {
  const module = instrumentModule(await parse(WAT), LIMITS, { fuel: false, canonicalNaN: true });
  assert.deepEqual(hintsOf(module), new Map());
});

Deno.test("a plugin's own hints are dropped: their places have moved", async () => {
  const plain = await parse(WAT);
  const own = new BranchHints();
  own.add(2, [5]);
  const { id, body } = own.section();
  const hinted = concatBytes([plain, [id, body.length], body]);
  const what = { fuel: true, canonicalNaN: true };
  assert.deepEqual(
    instrumentModule(hinted, LIMITS, what),
    instrumentModule(plain, LIMITS, what),
  );
});

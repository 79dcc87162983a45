import assert from "node:assert/strict";
import { parse } from "@bytecodealliance/jco";
import { unsignedLeb128 } from "../../../wasm/binary/leb128.ts";
import { concatBytes, SectionId, writeModule } from "../../../wasm/binary/sections.ts";
import { FuelMeter, FuelSpent } from "../fuel_meter.ts";
import { ForbiddenFeatureError, Op } from "./instructions.ts";
import { HOST_MODULE, instrumentModule, ModuleLimitError } from "./instrument_module.ts";

const LIMITS = { memoryPages: 4, tableEntries: 8 };
const EVERYTHING = { fuel: true, canonicalNaN: true };

interface Instrumented {
  readonly exports: Record<string, (...values: (number | bigint)[]) => unknown>;
  readonly fuel: FuelMeter;
  readonly exhausted: WebAssembly.Global;
}

async function instrument(
  wat: string,
  what = EVERYTHING,
  fuel = 1_000_000,
): Promise<Instrumented> {
  const module = await WebAssembly.compile(instrumentModule(await parse(wat), LIMITS, what));
  const meter = new FuelMeter(fuel);
  meter.fill();
  const exhausted = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  const own = new WebAssembly.Global({ value: "i32" }, 40);
  const instance = new WebAssembly.Instance(module, {
    [HOST_MODULE]: { ...meter.imports, "memory-exhausted": exhausted },
    env: { base: own, call: (value: number) => value + 1 },
  });
  return { exports: instance.exports as Instrumented["exports"], fuel: meter, exhausted };
}

/** Fuel a call takes. */
async function cost(wat: string, ...values: number[]): Promise<number> {
  const { exports, fuel } = await instrument(wat);
  exports.f?.(...values);
  return fuel.used;
}

Deno.test("straight code costs its instructions", async () => {
  assert.equal(await cost(`(module (func (export "f")))`), 1);
  assert.equal(await cost(`(module (func (export "f") nop nop i32.const 1 drop))`), 5);
});

Deno.test("a loop costs its instructions each time round", async () => {
  const wat = `(module (func (export "f") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;
  const [one, two, ten] = [await cost(wat, 1), await cost(wat, 2), await cost(wat, 10)];
  assert.equal(two - one, 6);
  assert.equal(ten - one, 9 * 6);
});

Deno.test("fuel is charged across calls, out of loops and back", async () => {
  const wat = `(module
    (func $g (result i32) i32.const 7)
    (func (export "f") (param i32) (result i32) (local i32)
      (loop
        (local.set 1 (i32.add (local.get 1) (call $g)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      local.get 1))`;
  const { exports } = await instrument(wat);
  assert.equal(exports.f?.(5), 35);
  const difference = await cost(wat, 6) - await cost(wat, 5);
  assert.equal(difference, 6 + 4 + 2, "the loop's and the callee's instructions");
});

Deno.test("an endless loop or recursion stops when the fuel is spent", async () => {
  for (const body of ["(loop (br 0))", "(call 0)"]) {
    const { exports, fuel } = await instrument(
      `(module (func (export "f") ${body}))`,
      EVERYTHING,
      1000,
    );
    assert.throws(() => exports.f?.(), FuelSpent);
    assert.ok(fuel.used > 1000);
  }
});

Deno.test("bulk operations are charged before they run", async () => {
  const wat = `(module (memory 2) (func (export "f") (param i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))`;
  assert.equal(await cost(wat, 8000) - await cost(wat, 0), 1000);
  const { exports, fuel } = await instrument(wat, EVERYTHING, 100);
  assert.throws(() => exports.f?.(80000), FuelSpent);
  assert.ok(fuel.used > 100);
});

Deno.test("results, branches out of the function and early returns stay what they were", async () => {
  const wat = `(module
    (type $two (func (result i32 i64)))
    (func $pair (type $two) (local i32)
      (loop (br_if 0 (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))))
      (br 0 (local.get 0) (i64.const 9)))
    (func (export "f") (param i32) (result i32)
      (loop $again
        (if (i32.eqz (local.get 0)) (then (return (i32.const -1))))
        (if (i32.eq (local.get 0) (i32.const 1)) (then (br 2 (i32.const -2))))
        (local.set 0 (i32.sub (local.get 0) (i32.const 2)))
        (br_if $again (i32.gt_s (local.get 0) (i32.const 10))))
      (i32.add (local.get 0) (i32.wrap_i64 (call $sum (call $pair)))))
    (func $sum (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1))))`;
  const { exports } = await instrument(wat);
  assert.deepEqual([0, 1, 5, 20].map((value) => exports.f?.(value)), [-1, -2, 3 + 12, 10 + 12]);
});

Deno.test("globals keep their meaning: imported, own, exported, in segments and initialisers", async () => {
  const wat = `(module
    (import "env" "base" (global $base i32))
    (import "env" "call" (func $call (param i32) (result i32)))
    (memory 1)
    (table 4 funcref)
    (global $own (mut i32) (i32.const 5))
    (global (export "shown") i32 (global.get $base))
    (data (global.get $base) "\\2a")
    (elem (i32.const 1) $f)
    (elem declare func $f)
    (func $f (export "f") (param i32) (result i32)
      (global.set $own (i32.add (global.get $own) (local.get 0)))
      (i32.add (call $call (global.get $own)) (i32.load8_u (global.get $base)))))`;
  const { exports } = await instrument(wat);
  assert.equal(exports.f?.(10), 15 + 1 + 42);
  assert.equal((exports.shown as unknown as WebAssembly.Global).value, 40);
});

Deno.test("memory cannot grow beyond its limit, and a failed growth is noted", async () => {
  const wat = `(module (memory 1 100) (func (export "f") (param i32) (result i32)
    (memory.grow (local.get 0))))`;
  const { exports, exhausted } = await instrument(wat);
  assert.equal(exports.f?.(3), 1);
  assert.equal(exhausted.value, 0);
  assert.equal(exports.f?.(1), -1);
  assert.equal(exhausted.value, 1);
});

Deno.test("tables cannot grow beyond their limit", async () => {
  const { exports } = await instrument(`(module (table 1 funcref)
    (func (export "f") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))`);
  assert.equal(exports.f?.(7), 1);
  assert.equal(exports.f?.(1), -1);
});

const NAN_BITS: readonly [string, string][] = [
  ["i32.reinterpret_f32 (f32.div (local.get 0) (local.get 0))", "7fc00000"],
  ["i32.reinterpret_f32 (f32.sqrt (f32.sub (local.get 0) (f32.const 1)))", "7fc00000"],
  ["i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (local.get 0))", "7fc00000"],
  [
    "i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 (f64.promote_f32 (f32.div (local.get 0) (local.get 0)))) (i64.const 32))",
    "7ff80000",
  ],
  [
    "i32x4.extract_lane 1 (f32x4.mul (f32x4.splat (f32.const inf)) (f32x4.splat (local.get 0)))",
    "7fc00000",
  ],
  [
    "i32x4.extract_lane 3 (f64x2.div (f64x2.splat (f64.const 0)) (f64x2.splat (f64.const 0)))",
    "7ff80000",
  ],
];

for (const [expression, expected] of NAN_BITS) {
  Deno.test(`${expression} shows the bits ${expected}`, async () => {
    const { exports } = await instrument(
      `(module (func (export "f") (param f32) (result i32) (${expression})))`,
    );
    assert.equal(((exports.f?.(0) as number) >>> 0).toString(16), expected);
  });
}

Deno.test("a NaN is canonical after locals, selects, sign changes, calls, globals and memory", async () => {
  const bits = "(i32.and (i32.reinterpret_f32 (local.get 1)) (i32.const 0x7fffffff))";
  const nan = "(f32.add (f32.const nan:0x200001) (local.get 0))";
  const routes = [
    `(local.set 1 ${nan}) ${bits}`,
    `(local.set 1 (select ${nan} (local.get 0) (i32.const 1))) ${bits}`,
    `(local.set 1 (f32.neg (f32.abs ${nan}))) ${bits}`,
    `(local.set 1 (call $same ${nan})) ${bits}`,
    `(global.set $held ${nan}) (local.set 1 (global.get $held)) ${bits}`,
    `(f32.store (i32.const 0) ${nan}) (i32.load (i32.const 0))`,
    `(local.set 1 (block (result f32) (br 0 ${nan}))) ${bits}`,
    `(local.set 1 (if (result f32) (i32.const 1) (then ${nan}) (else (local.get 0)))) ${bits}`,
    `(v128.store (i32.const 0) (f32x4.replace_lane 2 (v128.const f32x4 0 0 0 0) ${nan}))
     (i32.load (i32.const 8))`,
    `(local.set 1 (f32x4.extract_lane 0 (v128.bitselect (f32x4.splat ${nan})
      (v128.const f32x4 0 0 0 0) (v128.const i32x4 -1 -1 -1 -1)))) ${bits}`,
  ];
  for (const route of routes) {
    const { exports } = await instrument(`(module (memory 1) (global $held (mut f32) (f32.const 0))
      (func $same (param f32) (result f32) (local.get 0))
      (func (export "f") (param f32) (result i32) (local f32) ${route}))`);
    assert.equal(((exports.f?.(0) as number) >>> 0).toString(16), "7fc00000", route);
  }
});

Deno.test("numbers that are only read as numbers are left alone: a dot product grows by its store", async () => {
  const wat = `(module (memory 1) (func (export "f") (param i32) (local v128)
    (loop
      (local.set 1 (f32x4.add (local.get 1)
        (f32x4.mul (v128.load (local.get 0)) (v128.load offset=64 (local.get 0)))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 16)))))
    (f32.store (i32.const 0) (f32.add (f32x4.extract_lane 0 (local.get 1))
      (f32x4.extract_lane 1 (local.get 1))))))`;
  const module = await parse(wat);
  const none = instrumentModule(module, LIMITS, { fuel: false, canonicalNaN: false });
  const some = instrumentModule(module, LIMITS, { fuel: false, canonicalNaN: true });
  assert.ok(some.length - none.length < 20, `${some.length - none.length} bytes for one number`);
});

const FORBIDDEN: readonly [string, string, RegExp][] = [
  [
    "relaxed SIMD",
    "(func (drop (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0))))",
    /relaxed SIMD/,
  ],
  ["atomics", "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", /threads and atomics/],
  ["shared memory", "(memory 1 2 shared)", /shared memory/],
  ["64-bit memory", "(memory i64 1)", /64-bit memory/],
  ["several memories", "(memory 1) (memory 1)", /several memories/],
  ["exceptions", "(tag) (func (throw 0))", /exceptions/],
  ["struct types", "(type (struct (field i32)))", /garbage-collected types/],
  [
    "typed references in locals",
    "(type $t (func)) (func (local (ref null $t)))",
    /typed references/,
  ],
  [
    "imports from the host",
    `(import "${HOST_MODULE}" "fuel" (global (mut i64)))`,
    /an import from/,
  ],
];

for (const [what, fields, message] of FORBIDDEN) {
  Deno.test(`${what} are refused by name`, async () => {
    const module = await parse(`(module ${fields})`);
    assert.throws(() => instrumentModule(module, LIMITS, EVERYTHING), (error) => {
      assert.ok(error instanceof ForbiddenFeatureError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("a memory or table that starts too large is refused", async () => {
  for (const field of ["(memory 5)", "(table 9 funcref)"]) {
    const module = await parse(`(module ${field})`);
    assert.throws(() => instrumentModule(module, LIMITS, EVERYTHING), ModuleLimitError);
  }
});

Deno.test("a function too large to be held instruction by instruction is refused", () => {
  const module = (bytes: number) => {
    const nop = 0x01;
    const body = new Uint8Array(bytes).fill(nop);
    body[0] = 0;
    body[bytes - 1] = Op.end;
    const code = concatBytes([[1], unsignedLeb128(bytes), body]);
    return writeModule([
      { id: SectionId.type, body: Uint8Array.of(1, 0x60, 0, 0) },
      { id: SectionId.function, body: Uint8Array.of(1, 0) },
      { id: SectionId.code, body: code },
    ]);
  };
  assert.throws(() => instrumentModule(module(2 ** 20 + 1), LIMITS, EVERYTHING), {
    name: "ModuleLimitError",
    message: "Expected a function of at most 1048576 bytes but found 1048577",
  });
});

import assert from "node:assert/strict";
import { parse } from "@bytecodealliance/jco";
import { FuelMeter, FuelSpent } from "./fuel_meter.ts";
import { HOST_MODULE, instrumentModule } from "./instrument/instrument_module.ts";
import { Stopped, StopSignal } from "./stop_signal.ts";

/** Times round, 7 units each. */
const LOOP = `(module (func (export "f") (param i32)
  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;
const ENDLESS = `(module (func (export "f") (param i32) (loop (br 0))))`;

async function run(wat: string, meter: FuelMeter, times: number): Promise<number> {
  const limits = { memoryPages: 1, tableEntries: 1 };
  const what = { fuel: true, canonicalNaN: false };
  const module = await WebAssembly.compile(instrumentModule(await parse(wat), limits, what));
  const exhausted = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  const { exports } = new WebAssembly.Instance(module, {
    [HOST_MODULE]: { ...meter.imports, "memory-exhausted": exhausted },
  });
  meter.fill();
  (exports.f as (times: number) => void)(times);
  return meter.used;
}

Deno.test("fuel beyond a slice is handed out to the last unit, and not one more", async () => {
  const times = 100_000_000;
  const used = await run(LOOP, new FuelMeter(1e12), times);
  assert.ok(used >= 6 * times, "the loop takes more than a slice");
  assert.equal(await run(LOOP, new FuelMeter(used), times), used);
  await assert.rejects(run(LOOP, new FuelMeter(used - 1), times), FuelSpent);
});

Deno.test("each call has all of its fuel", async () => {
  const meter = new FuelMeter(10_000);
  const first = await run(LOOP, meter, 1000);
  assert.equal(await run(LOOP, meter, 1000), first);
});

Deno.test("a component that computes for ever heeds a signal and the end of its time", async () => {
  const wished = new StopSignal(1e9);
  wished.set();
  await assert.rejects(run(ENDLESS, new FuelMeter(1e15, wished), 0), Stopped);
  await assert.rejects(run(ENDLESS, new FuelMeter(1e15, new StopSignal(0)), 0), Stopped);
});

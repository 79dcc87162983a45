/**
 * Does a stream of MACs reach what the timing table allows?
 *
 * @module
 */
import { equal, ok } from "node:assert/strict";
import { HBM3_PIM } from "../../wasm/dram/standards/hbm3_pim.ts";
import { HBM3_PIM_JEDEC } from "../../wasm/dram/standards/hbm3_pim_jedec.ts";
import type { Standard } from "../../wasm/dram/standard.ts";
import { DramEngine, type TraceRequest } from "./engine.ts";

const COLUMN = 32;
const BANK = 2 ** 24;
const BANK_GROUP = 2 ** 26;

const open = (timing: string, standard: Standard = HBM3_PIM) =>
  DramEngine.open({ organisation: "HBM3_8Gb_2R", timing, channels: 1 }, standard);

/** Cycles from the first to the last MAC of a stream that no refresh interrupts. */
function spanOf(engine: DramEngine, requests: TraceRequest[]): number {
  engine.begin(0);
  engine.send(requests);
  engine.finish();
  const macs = engine.takeLog().filter(({ command }) => command.startsWith("MAC"));
  equal(macs.length, requests.length);
  return macs.at(-1)!.cycle - macs[0]!.cycle;
}

const stream = (op: string, count: number, address: (i: number) => number): TraceRequest[] =>
  Array.from({ length: count }, (_, i) => ({ op, address: address(i) }));

const TIMINGS = [
  ...Object.keys(HBM3_PIM.timings).map((timing) => [timing, HBM3_PIM] as const),
  ...Object.keys(HBM3_PIM_JEDEC.timings).map((timing) => [timing, HBM3_PIM_JEDEC] as const),
];

for (const [timing, standard] of TIMINGS) {
  Deno.test(`${timing}: MACs of an open row follow at the rate of each mode`, async () => {
    const engine = await open(timing, standard);
    const { nCCDAB, nCCDSB, nCCDL } = engine.device.timing;
    const columns = (op: string) => stream(op, 32, (i) => i * COLUMN);
    equal(spanOf(engine, columns("PIM_MAC_AB")), 31 * nCCDAB!);
    equal(spanOf(engine, columns("PIM_MAC_SB")), 31 * nCCDSB!);
    equal(spanOf(engine, columns("PIM_MAC_PB")), 31 * nCCDL!);
  });

  Deno.test(`${timing}: the unloaded latency of a MAC and a read is their table's formula`, async () => {
    const engine = await open(timing, standard);
    const { nRCDRD, nCL, nBL } = engine.device.timing;
    for (const op of ["PIM_MAC_AB", "PIM_MAC_SB", "PIM_MAC_PB"]) {
      equal(engine.run([{ op, address: 0 }]).cycles, 1 + nRCDRD!, op);
    }
    equal(engine.run([{ op: "LD", address: 0 }]).cycles, 1 + nRCDRD! + nCL! + nBL!);
  });

  Deno.test(`${timing}: a row of all banks takes its activation, its MACs and its precharge`, async () => {
    const engine = await open(timing, standard);
    const { nCCDAB, nRTPL, nRP, nRCDRD, nRC, nRAS } = engine.device.timing;
    const rows = 8;
    const span = spanOf(engine, stream("PIM_MAC_AB", 32 * rows, (i) => i * COLUMN));
    const precharge = Math.max(nRCDRD! + 31 * nCCDAB! + nRTPL!, nRAS!);
    const rowCycles = Math.max(precharge + nRP!, nRC!);
    equal(span, (rows - 1) * rowCycles + 31 * nCCDAB!);
  });
}

Deno.test("MACs of single banks reach a MAC every two cycles over bank groups", async () => {
  const engine = await open("HBM3_5.2Gbps");
  const warm = stream("PIM_MAC_PB", 8, (i) => i * BANK_GROUP);
  const span = spanOf(engine, [...warm, ...stream("PIM_MAC_PB", 320, (i) => (i % 8) * BANK_GROUP)]);
  // The channel rule, 2 cycles, binds; a bank group, 4 cycles, comes round every 16.
  ok(span < 19 + 2 * 328, String(span));
});

Deno.test("moves reach one every two cycles over bank groups, one every four in one", async () => {
  const engine = await open("HBM3_5.2Gbps");
  const cycles = (address: (i: number) => number) =>
    engine.run(stream("PIM_MV_SB", 100, address)).cycles;
  equal(cycles((i) => (i % 4) * BANK_GROUP), 1 + 99 * 2);
  equal(cycles((i) => (i % 4) * BANK), 1 + 99 * 4);
});

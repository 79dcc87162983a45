import { deepEqual, equal, throws } from "node:assert/strict";
import { goldenTraces } from "./golden_traces.ts";
import type { IssuedCommand, TraceRequest } from "./hbm3_pim_rules.ts";
import { runTicks } from "./tick_model.ts";
import { formatIssued } from "./trace_text.ts";

const LIMITED = { organisation: "HBM3_8Gb_2R", timing: "HBM3_5.2Gbps", channels: 16 };
const UNLIMITED = { ...LIMITED, timing: "HBM3_5.2Gbps_NPC" };
const ROW = 2 ** 10;
const BANK = 2 ** 24;

function requests(...lines: [op: TraceRequest["op"], address?: number][]): TraceRequest[] {
  return lines.map(([op, address = 0]) => ({ op, address }));
}

function brief(log: readonly IssuedCommand[] = []): string {
  return log.map(({ cycle, command }) => `${cycle} ${command}`).join(", ");
}

Deno.test("a MAC opens its row and follows nRCDRD later", () => {
  const { cycles, log, counts } = runTicks(LIMITED, requests(["PIM_MAC_AB"]));
  equal(brief(log[0]), "1 ACTAB, 20 MACAB");
  equal(cycles, 20);
  equal(counts.PIM_MAC_AB, 1);
});

Deno.test("MACs of one row follow each other at nCCDAB", () => {
  const macs = requests(["PIM_MAC_AB", 0], ["PIM_MAC_AB", 32], ["PIM_MAC_AB", 64]);
  equal(brief(runTicks(LIMITED, macs).log[0]), "1 ACTAB, 20 MACAB, 26 MACAB, 32 MACAB");
  equal(brief(runTicks(UNLIMITED, macs).log[0]), "1 ACTAB, 20 MACAB, 24 MACAB, 28 MACAB");
});

Deno.test("a row change waits for nRAS and nRP", () => {
  const { log } = runTicks(LIMITED, requests(["PIM_MAC_AB"], ["PIM_MAC_AB", ROW]));
  equal(brief(log[0]), "1 ACTAB, 20 MACAB, 46 PREA, 65 ACTAB, 84 MACAB");
});

Deno.test("moves share a cycle with row commands but not with each other", () => {
  const trace = requests(["PIM_WR_GB"], ["PIM_WR_GB", BANK], ["PIM_MAC_AB"]);
  equal(brief(runTicks(LIMITED, trace).log[0]), "1 WRGB, 1 ACTAB, 5 WRGB, 20 MACAB");
});

Deno.test("behind a barrier rows are prepared and columns wait", () => {
  const trace = requests(["PIM_WR_GB"], ["PIM_BARRIER"], ["PIM_WR_GB"], ["PIM_MAC_AB"]);
  equal(brief(runTicks(LIMITED, trace).log[0]), "1 WRGB, 1 ACTAB, 5 WRGB, 20 MACAB");
});

Deno.test("barriers alone go three a cycle, and an empty trace takes one cycle", () => {
  const barriers = (count: number) =>
    Array.from({ length: count }, () => requests(["PIM_BARRIER"])[0]!);
  equal(runTicks(LIMITED, []).cycles, 1);
  equal(runTicks(LIMITED, barriers(3)).cycles, 1);
  equal(runTicks(LIMITED, barriers(4)).cycles, 2);
  equal(runTicks(LIMITED, barriers(33)).cycles, 11);
});

Deno.test("a read opens its row, moves to the active requests and departs nCL + nBL later", () => {
  const { cycles, log } = runTicks(LIMITED, requests(["LD"]));
  equal(brief(log[0]), "1 ACT, 20 RD");
  equal(cycles, 20 + 19 + 2);
});

Deno.test("a read of what waits to be written needs no command", () => {
  const { log, counts } = runTicks(LIMITED, requests(["ST", 64], ["LD", 64]));
  equal(brief(log[0]), "1 ACT, 20 WR");
  equal(counts.LD, 1);
});

Deno.test("a refresh closes all banks and keeps its pseudochannel busy for nRFC", () => {
  // A row change every 64 cycles crosses cycle 5070 in the 80th row.
  const macs = Array.from({ length: 82 }, (_, row) => requests(["PIM_MAC_AB", row * ROW])[0]!);
  const log = runTicks(LIMITED, macs).log[0]!;
  const from = log.findIndex(({ cycle }) => cycle >= 5070);
  equal(
    log.slice(from, from + 5).map(formatIssued).join("\n"),
    [
      "5076, MACAB, 0, 0, 0, 0, 0, 79, 0",
      "5102, PREA, 0, 0, -1, -1, -1, -1, -1",
      "5103, REFab, 0, 0, -1, -1, -1, -1, -1",
      "5104, REFab, 0, 1, -1, -1, -1, -1, -1",
      "5559, ACTAB, 0, 0, 0, 0, 0, 80, 0",
    ].join("\n"),
  );
});

Deno.test("a full queue holds up the channels behind it", () => {
  const first = Array.from({ length: 40 }, (_, row) => requests(["PIM_MAC_AB", row * ROW])[0]!);
  const { log } = runTicks(LIMITED, [...first, ...requests(["PIM_SFM", 2 ** 30])]);
  const removals = log[0]!.filter(({ command }) => command === "MACAB");
  // 33 fit; the 40th gets in a cycle after the 7th has left, and with it the SFM behind.
  equal(log[1]![0]!.cycle, removals[6]!.cycle + 1);
});

Deno.test("a limit ends a run that would not end, or in which nothing comes or goes", () => {
  throws(() => runTicks({ ...LIMITED, cycleLimit: 10 }, requests(["PIM_MAC_AB"])), /within 10/);
  throws(() => runTicks({ ...LIMITED, stallLimit: 15 }, requests(["PIM_MAC_AB"])), /within 15/);
  equal(runTicks({ ...LIMITED, stallLimit: 20 }, requests(["PIM_MAC_AB"])).cycles, 20);
});

const GOLDEN = goldenTraces();
Deno.test({
  name: `the reference's traces take its cycles, counters and commands${
    GOLDEN.length === 0 ? " (skipped: ../shared/golden is absent)" : ""
  }`,
  ignore: GOLDEN.length === 0,
  async fn(context) {
    for (const trace of GOLDEN) {
      await context.step(trace.name, () => {
        const result = runTicks({ ...LIMITED, timing: trace.timing }, trace.requests());
        equal(result.cycles, trace.cycles);
        const { PIM_BARRIER: _, ...counts } = result.counts;
        deepEqual(counts, trace.counts);
        deepEqual(result.log[0]!.map(formatIssued), trace.firstChannelLog().map(formatIssued));
      });
    }
  },
});

import { deepEqual } from "node:assert/strict";
import { deviceOf } from "./hbm3_pim_rules.ts";
import { runTicks } from "./tick_model.ts";
import { checkTiming } from "./timing_checker.ts";
import { parseIssued } from "./trace_text.ts";

const NAMES = { organisation: "HBM3_8Gb_2R", timing: "HBM3_5.2Gbps" };
const DEVICE = deviceOf(NAMES);

function check(...lines: string[]): string[] {
  return checkTiming(DEVICE, lines.map(parseIssued));
}

Deno.test("a MAC too soon after its activation is told in words", () => {
  deepEqual(check("30, ACTAB, 0, 0, 0, 0, 0, 0, 0", "35, MACAB, 0, 0, 0, 0, 0, 0, 0"), [
    "MACAB at 35 comes 5 cycles after ACTAB at 30: needs 19 (channel, nRCDRD)",
  ]);
});

Deno.test("exactly the needed distance is legal", () => {
  deepEqual(check("30, ACTAB, 0, 0, 0, 0, 0, 0, 0", "49, MACAB, 0, 0, 0, 0, 0, 0, 0"), []);
});

Deno.test("constraints hold within their node only", () => {
  const moves = (second: string) => check("10, WRGB, 0, 0, 0, 0, 0, 0, 0", `12, ${second}`);
  deepEqual(moves("MVSB, 0, 0, 0, 1, 0, 0, 0"), []);
  deepEqual(moves("MVSB, 0, 0, 0, 0, 3, 0, 0"), [
    "MVSB at 12 comes 2 cycles after WRGB at 10: needs 4 (bankgroup, nCCDL)",
  ]);
});

Deno.test("a command respects no level below its scope", () => {
  deepEqual(check("10, WRGB, 0, 0, 0, 0, 0, 0, 0", "11, SFM, 0, 0, 0, 0, 0, 0, 0"), []);
  deepEqual(check("10, PREA, 0, 0, 0, 0, 0, 0, 0", "11, REFab, 0, 0, -1, -1, -1, -1, -1"), []);
});

Deno.test("a refresh holds back activations of its pseudochannel only", () => {
  const refresh = "100, REFab, 0, 1, -1, -1, -1, -1, -1";
  deepEqual(check(refresh, "500, ACTPB, 0, 0, 1, 2, 3, 0, 0"), []);
  deepEqual(check(refresh, "500, ACTPB, 0, 1, 1, 2, 3, 0, 0"), [
    "ACTPB at 500 comes 400 cycles after REFab at 100: needs 456 (pseudochannel, nRFC)",
  ]);
});

Deno.test("a fifth activation within nFAW is found", () => {
  const activations = [0, 4, 8, 12, 20].map((cycle, n) =>
    `${cycle}, ACT, 0, 0, 0, ${n % 4}, ${n >> 2}, 0, 0`
  );
  deepEqual(check(...activations), [
    "ACT at 20 comes 20 cycles after the 4th last ACT at 0: needs 39 (rank, nFAW)",
  ]);
});

Deno.test("a per-bank MAC delays the precharge of the bank the reference takes for its twin", () => {
  deepEqual(check("10, MACPB, 0, 0, 1, 2, 3, 0, 0", "15, PREPB, 0, 1, 0, 1, 3, 0, 0"), [
    "PREPB at 15 comes 5 cycles after MACPB at 10: needs 8 (broadcast bank, nRTPL)",
  ]);
});

Deno.test("a command moved a cycle earlier in a legal log is found", () => {
  const requests = Array.from({ length: 12 }, (_, n) => ({
    op: "PIM_MAC_AB" as const,
    address: (n >> 2) * 1024 + (n % 4) * 32,
  }));
  const log = runTicks({ ...NAMES, channels: 1 }, requests).log[0]!;
  deepEqual(checkTiming(DEVICE, log), []);
  for (let index = 1; index < log.length; index++) {
    const early = log.with(index, { ...log[index]!, cycle: log[index]!.cycle - 1 });
    const found = checkTiming(DEVICE, early);
    deepEqual(found.filter((words) => words.startsWith(log[index]!.command)).length > 0, true);
  }
});

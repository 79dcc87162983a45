import { deepEqual } from "node:assert/strict";
import { deviceOf } from "./hbm3_pim_rules.ts";
import { checkStates } from "./state_checker.ts";
import { parseIssued } from "./trace_text.ts";

const DEVICE = deviceOf({ organisation: "HBM3_8Gb_2R", timing: "HBM3_5.2Gbps" });

function check(...lines: string[]): string[] {
  return checkStates(DEVICE, lines.map(parseIssued));
}

Deno.test("an all-bank MAC needs its row in every bank", () => {
  const mac = "100, MACAB, 0, 0, 0, 0, 0, 3, 0";
  deepEqual(check("1, ACTAB, 0, 0, 0, 0, 0, 3, 0", mac), []);
  deepEqual(check("1, ACTAB, 0, 0, 0, 0, 0, 4, 0", mac), [
    "MACAB at 100 needs row 3 open in all of its banks",
  ]);
  deepEqual(check("1, ACTSB, 0, 0, 0, 0, 0, 3, 0", mac).length, 1);
});

Deno.test("a same-bank precharge closes two of the sixteen banks", () => {
  const before = ["1, ACTSB, 0, 0, 0, 0, 2, 3, 0", "50, PRESB, 0, 0, 0, 0, 2, 3, 0"];
  deepEqual(check(...before, "100, RD, 0, 0, 1, 0, 2, 3, 0"), []);
  deepEqual(check(...before, "100, RD, 0, 1, 0, 0, 2, 3, 0"), [
    "RD at 100 needs row 3 open in its bank",
  ]);
});

Deno.test("a refresh needs every bank closed and must be due", () => {
  const refresh = "5100, REFab, 0, 0, -1, -1, -1, -1, -1";
  deepEqual(check(refresh), []);
  deepEqual(check("1, ACT, 0, 1, 1, 3, 3, 0, 0", refresh), [
    "REFab at 5100 needs its banks closed",
  ]);
  deepEqual(check("5069, REFab, 0, 0, -1, -1, -1, -1, -1"), [
    "REFab at 5069 is not due before 5070",
  ]);
});

Deno.test("refreshes that are missing or out of order are found", () => {
  deepEqual(checkStates(DEVICE, [], 5070), ["Expected 2 REFab in 5070 cycles but found 0"]);
  deepEqual(check("5070, REFab, 0, 1, -1, -1, -1, -1, -1"), [
    "REFab at 5070 is for pseudochannel 1 out of order",
  ]);
});

Deno.test("opening an open bank or closing a closed one is found", () => {
  const open = "1, ACT, 0, 0, 0, 0, 0, 0, 0";
  deepEqual(check(open, "90, ACT, 0, 0, 0, 0, 0, 1, 0"), ["ACT at 90 needs a closed bank"]);
  deepEqual(check("1, PREA, 0, 0, 0, 0, 0, 0, 0"), ["PREA at 1 needs an open bank"]);
});

Deno.test("a cycle takes one row and one column command", () => {
  deepEqual(check("9, WRGB, 0, 0, 0, 0, 0, 0, 0", "9, ACTAB, 0, 0, 0, 0, 0, 0, 0"), []);
  deepEqual(check("9, WRGB, 0, 0, 0, 0, 0, 0, 0", "9, SFM, 0, 0, 0, 0, 0, 0, 0"), [
    "SFM at 9 after WRGB at 9 cannot share its cycle",
  ]);
  deepEqual(
    check(
      "9, WRGB, 0, 0, 0, 0, 0, 0, 0",
      "9, ACTAB, 0, 0, 0, 0, 0, 0, 0",
      "9, SFM, 0, 0, 0, 0, 0, 0, 0",
    ),
    ["SFM at 9 after ACTAB at 9 is the third command of its cycle"],
  );
  deepEqual(check("9, SFM, 0, 0, 0, 0, 0, 0, 0", "8, SFM, 0, 0, 0, 0, 0, 0, 0"), [
    "SFM at 8 after SFM at 9 goes back in time",
  ]);
});

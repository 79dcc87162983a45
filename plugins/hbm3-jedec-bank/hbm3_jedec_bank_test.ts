import { equal } from "node:assert/strict";
import { ORGANISATIONS } from "../../wasm/dram/verify/hbm3_pim_presets.ts";
import { constraintsOf } from "../../wasm/dram/verify/hbm3_pim_rules.ts";
import { referenceProgram } from "../../wasm/dram/verify/reference_programs.ts";
import { runTicks } from "../../wasm/dram/verify/tick_model.ts";
import { testBuiltInMemory } from "../testing/built_in_memory.ts";
import { type MemoryFact, plainProgram } from "../testing/memory_tests.ts";

/** JESD238 at 6.4 Gb/s as Ramulator 2.1 has it, in cycles of 625 ps; wide MACs as AttAcc has them. */
const TIMING = {
  ...{ rate: 6400, tCKps: 625, nBL: 2, nCL: 20, nRCDRD: 31, nRCDWR: 15, nRP: 26, nRAS: 45 },
  ...{ nRC: 72, nWR: 33, nRTPS: 9, nRTPL: 9, nCWL: 10, nCCDS: 2, nCCDL: 4, nCCDAB: 7, nCCDSB: 8 },
  ...{ nRRDS: 4, nRRDL: 5, nWTRS: 7, nWTRL: 10, nRTW: 20, nFAW: 24, nRFCSB: 320, nREFI: 6240 },
  // 260 ns for ranks of 4 Gb; same-bank refreshes are never asked for.
  ...{ nRREFD: 8, nRFC: 416, nREFISB: 0 },
};

/** As a plain model of every cycle gives them: see the test below. Commands are hbm3-pim-bank's. */
const FACTS: MemoryFact[] = [
  [{ contextTokens: 16, heads: 1 }, [137, 4, 1, 8, 24, 8]],
  [{ contextTokens: 257, heads: 3 }, [693, 204, 3, 48, 96, 24]],
  [{ contextTokens: 257, heads: 3, power: "unlimited" }, [503, 204, 3, 48, 96, 24]],
  [{ contextTokens: 2049 }, [4750, 6708, 13, 936, 1144, 104]],
  [{ contextTokens: 9000, keptTokens: 4384 }, [10407, 14248, 13, 1872, 2080, 104]],
];

testBuiltInMemory("hbm3-jedec-bank", {
  level: "bank",
  blockTokens: 16,
  cycleNs: 0.625,
  does: "takes the cycles of a plain model and sends hbm3-pim-bank's commands",
  facts: FACTS,
});

Deno.test("a plain model of every cycle, with the timings typed again, takes as many", () => {
  // All but the longest, which takes the plain model half a minute and agrees as well.
  for (const [changes, [cycles]] of FACTS.slice(0, -1)) {
    const { power, ...program } = { ...plainProgram("bank"), ...changes };
    const timing = power === "limited" ? TIMING : { ...TIMING, nCCDAB: 4, nCCDSB: 4 };
    const organisation = ORGANISATIONS["HBM3_8Gb_2R"]!;
    const device = { organisation, timing, constraints: constraintsOf(timing) };
    const keptTokens = changes.keptTokens ?? program.contextTokens;
    const requests = referenceProgram({ ...program, keptTokens });
    equal(runTicks({ device, channels: 16 }, requests).cycles, cycles, Deno.inspect(changes));
  }
});

import { equal, ok, throws } from "node:assert/strict";
import { ORGANISATIONS, TIMINGS } from "./hbm3_pim_presets.ts";
import { addressOf, COMMANDS, constraintsOf, deviceOf, LEVELS } from "./hbm3_pim_rules.ts";

const HBM3_8GB_2R = { organisation: "HBM3_8Gb_2R", timing: "HBM3_5.2Gbps" };

Deno.test("every organisation's density is the product of its counts", () => {
  equal(Object.keys(ORGANISATIONS).length, 12);
  for (const [name, organisation] of Object.entries(ORGANISATIONS)) {
    const { densityMb, pseudochannels, ranks, bankgroups, banks, rows, columns } = organisation;
    const bits = pseudochannels * ranks * bankgroups * banks * rows * columns * 32 * 8;
    equal(bits / 2 ** 20, densityMb, name);
  }
});

Deno.test("refresh times follow from density, ranks and clock", () => {
  const { timing } = deviceOf(HBM3_8GB_2R);
  equal(timing.tCKps, 769);
  equal(timing.nRFC, 456);
  equal(timing.nREFISB, 107);
  equal(deviceOf({ organisation: "HBM3_32Gb_4R", timing: "HBM3_6.4Gbps" }).timing.nRFC, 1040);
});

Deno.test("without power constraint only MACs of many banks come closer together", () => {
  equal(Object.keys(TIMINGS).length, 10);
  for (const name of Object.keys(TIMINGS).filter((name) => !name.endsWith("_NPC"))) {
    const free = TIMINGS[`${name}_NPC`]!;
    equal(free.nCCDAB, 4);
    equal(free.nCCDSB, 4);
    const { nCCDAB, nCCDSB } = TIMINGS[name]!;
    ok(nCCDAB >= 6 && nCCDSB >= 6);
    equal(JSON.stringify({ ...free, nCCDAB, nCCDSB }), JSON.stringify(TIMINGS[name]));
  }
});

Deno.test("constraints name commands and levels that exist", () => {
  for (
    const { level, preceding, following, cycles } of constraintsOf(deviceOf(HBM3_8GB_2R).timing)
  ) {
    ok(LEVELS.includes(level));
    ok(cycles > 0);
    for (const command of [...preceding, ...following]) {
      ok(
        Object.hasOwn(COMMANDS, command),
        command,
      );
    }
  }
});

Deno.test("a byte address splits into fields from the low end", () => {
  const { organisation } = deviceOf(HBM3_8GB_2R);
  const at = (address: number) => Object.values(addressOf(address, organisation, 16)).join();
  equal(at(0x0080_0000), "0,0,0,0,0,8192,0");
  equal(at(0x41), "0,0,0,0,0,0,2");
  equal(at(2 ** 24), "0,0,0,0,1,0,0");
  equal(at(2 ** 26), "0,0,0,1,0,0,0");
  equal(at(2 ** 28), "0,0,1,0,0,0,0");
  equal(at(2 ** 29), "0,1,0,0,0,0,0");
  equal(at(15 * 2 ** 30), "15,0,0,0,0,0,0");
  equal(at(2 ** 34), "0,0,0,0,0,0,0", "bits above the channel are dropped");
});

Deno.test("a third rank is never addressed", () => {
  const { organisation } = deviceOf({ organisation: "HBM3_12Gb_3R", timing: "HBM3_5.2Gbps" });
  const ranks = [0, 1, 2, 3].map((n) => addressOf(n * 2 ** 28, organisation, 1).rank);
  equal(ranks.join(), "0,1,0,1");
});

Deno.test("an unknown preset is refused by name", () => {
  throws(() => deviceOf({ ...HBM3_8GB_2R, organisation: "HBM4" }), /organisation.*"HBM4"/);
  throws(() => deviceOf({ ...HBM3_8GB_2R, timing: "fast" }), /timing preset.*"fast"/);
});

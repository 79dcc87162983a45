import { deepEqual, equal, throws } from "node:assert/strict";
import { cyclesOf, resolveDevice } from "./device.ts";
import { deviceImage } from "./device_image.ts";
import type { Standard } from "./standard.ts";
import { HBM3_PIM } from "./standards/hbm3_pim.ts";

const options = { organisation: "HBM3_8Gb_2R", timing: "HBM3_5.2Gbps", channels: 16 };

Deno.test("all 12 organisations and 10 timings of the reference resolve", () => {
  const organisations = Object.keys(HBM3_PIM.organisations);
  const timings = Object.keys(HBM3_PIM.timings);
  deepEqual([organisations.length, timings.length], [12, 10]);
  for (const organisation of organisations) {
    for (const timing of timings) {
      const device = resolveDevice(HBM3_PIM, { organisation, timing, channels: 1 });
      deviceImage(device).forEach((word) => equal(Number.isInteger(word), true));
    }
  }
});

Deno.test("the clock and refresh times follow from rate, density and ranks", () => {
  const { clockPs, timing } = resolveDevice(HBM3_PIM, options);
  deepEqual([clockPs, timing.nRFC, timing.nREFISB], [769, 456, 107]);
  const fastest = { organisation: "HBM3_32Gb_4R", timing: "HBM3_6.4Gbps", channels: 16 };
  const large = resolveDevice(HBM3_PIM, fastest);
  deepEqual([large.clockPs, large.timing.nRFC], [625, 1040]);
});

Deno.test("without the power constraint only the distance of wide MACs differs", () => {
  for (const [name, timing] of Object.entries(HBM3_PIM.timings)) {
    const free = HBM3_PIM.timings[`${name}_NPC`];
    if (free) deepEqual({ ...free, nCCDAB: 0, nCCDSB: 0 }, { ...timing, nCCDAB: 0, nCCDSB: 0 });
  }
});

Deno.test("levels that do not make the density are refused", () => {
  const small: Standard = {
    ...HBM3_PIM,
    organisations: { small: { ...HBM3_PIM.organisations.HBM3_8Gb_2R!, densityMb: 4096 } },
  };
  throws(() => resolveDevice(small, { ...options, organisation: "small" }), {
    message: "Expected a channel of 4096 Mb but its levels make 8192 Mb",
  });
});

Deno.test("a name or number that does not exist is refused", () => {
  throws(() => resolveDevice(HBM3_PIM, { ...options, organisation: "toString" }), RangeError);
  throws(
    () => resolveDevice(HBM3_PIM, { ...options, channels: 0 }),
    /1 to 64 channels but found 0/,
  );
  throws(() => cyclesOf("nCL + nQQQ", { nCL: 1 }), /found "nQQQ"/);
});

Deno.test("constraints that nothing looks at are left out", () => {
  const device = resolveDevice(HBM3_PIM, options);
  const live = deviceImage(device).length;
  const without = {
    ...HBM3_PIM,
    constraints: HBM3_PIM.constraints.filter(({ level, following }) =>
      level === "channel" || following.some((name) => name !== "PREA" && name !== "REFab")
    ),
  };
  equal(deviceImage({ ...device, standard: without }).length, live);
});

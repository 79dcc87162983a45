import { deepEqual, equal } from "node:assert/strict";
import { resolveDevice } from "../device.ts";
import { deviceImage } from "../device_image.ts";
import { HBM3_PIM_JEDEC } from "./hbm3_pim_jedec.ts";

Deno.test("refresh takes the time of a rank's density: 416 cycles at 4 Gb, 560 at 8 Gb", () => {
  const nRFC = Object.keys(HBM3_PIM_JEDEC.organisations).map((organisation) => {
    const device = resolveDevice(HBM3_PIM_JEDEC, {
      organisation,
      timing: "JESD238_6.4Gbps",
      channels: 16,
    });
    equal(device.clockPs, 625);
    deviceImage(device).forEach((word) => equal(Number.isInteger(word), true));
    return device.timing.nRFC;
  });
  deepEqual(nRFC, [416, 416, 560, 416, 560]);
});

import { equal } from "node:assert/strict";
import { DramEngine, type TraceRequest } from "../memory/engine.ts";
import { tokenWriteCycles } from "./token_write.ts";

const COLUMN = 2 ** 5;
const ROW = 2 ** 10;
const VALUES = 2 ** 23;
const BANK = 2 ** 24;

/** The writes of one channel: of each head a key in one row and a value in as many as passes. */
function writes(heads: number, keyColumns: number, banks: number): TraceRequest[] {
  const requests: TraceRequest[] = [];
  const write = (offset: number) => {
    for (let bank = 0; bank < banks; bank++) {
      requests.push({ op: "ST", address: offset + bank * BANK });
    }
  };
  for (let head = 0; head < heads; head++) {
    for (let k = 0; k < keyColumns; k++) write(head * ROW + k * COLUMN);
    for (let pass = 0; pass < keyColumns; pass++) write(VALUES + (8 * head + pass) * ROW);
  }
  return requests;
}

Deno.test("the engine writes keys and values of one channel in as many cycles", async () => {
  for (const timing of ["HBM3_5.2Gbps", "HBM3_6.4Gbps"]) {
    const engine = await DramEngine.open({ organisation: "HBM3_8Gb_2R", timing, channels: 1 });
    const { nCWL, nBL, nWR, nRP } = engine.device.timing;
    for (const [heads, keyColumns, banks] of [[1, 2, 4], [1, 1, 4], [1, 8, 1]] as const) {
      const { cycles } = engine.run(writes(heads, keyColumns, banks));
      // The engine is done with the last write command: recovery and precharge come after.
      const idle = cycles + nCWL! + nBL! + nWR! + nRP!;
      equal(tokenWriteCycles(engine.device, heads, keyColumns, banks), idle);
    }
  }
});

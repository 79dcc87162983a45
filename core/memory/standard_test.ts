import { deepEqual } from "node:assert/strict";
import type { Standard } from "../../wasm/dram/standard.ts";
import { HBM3_PIM } from "../../wasm/dram/standards/hbm3_pim.ts";
import { DramEngine } from "./engine.ts";

/** A memory of one channel with two banks that can only be read, after opening a row. */
const TINY: Standard = {
  ...HBM3_PIM,
  name: "tiny",
  accessBytes: 64,
  addressMap: ["column", "bank", "row", "bankgroup", "rank", "pseudochannel", "channel"],
  commands: {
    OPEN: { scope: "row", bus: "row", opens: ["bank"] },
    SHUT: { scope: "bank", bus: "row", closes: ["bank"] },
    FETCH: {
      scope: "column",
      bus: "column",
      prerequisite: { requires: "row-open", banks: ["bank"], open: "OPEN", close: "SHUT" },
    },
    REST: {
      scope: "channel",
      bus: "row",
      prerequisite: { requires: "closed", banks: [], close: "SHUT" },
    },
  },
  requests: [{ trace: "GET", command: "FETCH", queue: "pim", statistic: "get" }],
  constraints: [
    { level: "bank", preceding: ["OPEN"], following: ["FETCH"], cycles: "tOpen" },
    { level: "bank", preceding: ["FETCH"], following: ["SHUT"], cycles: "tOpen - 1" },
    { level: "bank", preceding: ["SHUT"], following: ["OPEN"], cycles: "2" },
    { level: "channel", preceding: ["FETCH"], following: ["FETCH"], cycles: "9", window: 2 },
  ],
  refresh: { command: "REST", level: "channel", interval: "tRest", queueEntries: 8 },
  controller: { ...HBM3_PIM.controller, queueEntries: 4, readLatency: "tOpen" },
  organisations: {
    tiny: {
      densityMb: 1,
      dq: 64,
      counts: {
        channel: 1,
        pseudochannel: 1,
        rank: 1,
        bankgroup: 1,
        bank: 2,
        row: 16,
        column: 64,
      },
    },
  },
  timings: {
    slow: { rate: 400, tOpen: 5, tRest: 1000 },
    slower: { rate: 400, tOpen: 7, tRest: 1000 },
  },
  derivedNs: {},
};

Deno.test("a new standard is a new table: other levels, commands, rules and queues", async () => {
  const log = async (timing: string, ...addresses: number[]) => {
    const engine = await DramEngine.open({ organisation: "tiny", timing, channels: 1 }, TINY);
    engine.begin(0);
    engine.send(addresses.map((address) => ({ op: "GET", address })));
    engine.finish();
    return engine.takeLog().map(({ cycle, command, bank, row, column }) =>
      `${cycle} ${command} bank ${bank} row ${row} column ${column}`
    );
  };
  const nextColumn = 64;
  const nextBank = 64 * 64;
  const nextRow = 2 * nextBank;
  deepEqual(await log("slow", 0, nextColumn, nextRow), [
    "1 OPEN bank 0 row 0 column 0",
    "6 FETCH bank 0 row 0 column 0",
    "7 FETCH bank 0 row 0 column 1",
    "11 SHUT bank 0 row 1 column 0",
    "13 OPEN bank 0 row 1 column 0",
    "18 FETCH bank 0 row 1 column 0",
  ]);
  deepEqual(await log("slower", 0, nextBank, nextColumn), [
    "1 OPEN bank 0 row 0 column 0",
    "2 OPEN bank 1 row 0 column 0",
    "8 FETCH bank 0 row 0 column 0",
    "9 FETCH bank 1 row 0 column 0",
    "17 FETCH bank 0 row 0 column 1",
  ]);
});

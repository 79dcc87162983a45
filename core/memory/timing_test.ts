/**
 * When may a command follow another? Each fact reads: `preceding` issues at t, `following` at the
 * given place may issue at t + cycles. Numbers are those of HBM3_5.2Gbps, written out.
 *
 * @module
 */
import { deepEqual, equal, throws } from "node:assert/strict";
import { DramEngine } from "./engine.ts";

const engine = await DramEngine.open({
  organisation: "HBM3_8Gb_2R",
  timing: "HBM3_5.2Gbps",
  channels: 1,
});

/** Byte addresses of bank 0 and of banks that share ever less with it. */
const SAME_BANK = 0;
const OTHER_BANK = 2 ** 24;
const OTHER_BANK_GROUP = 2 ** 26;
const OTHER_RANK = 2 ** 28;
const OTHER_PSEUDOCHANNEL = 2 ** 29;
const PLACES = [SAME_BANK, OTHER_BANK, OTHER_BANK_GROUP, OTHER_RANK, OTHER_PSEUDOCHANNEL];

const T = 1000;
const FREE = 0;

/** Cycles from `preceding` at bank 0 to `following` at each place; 0 where it need not wait. */
function waits(preceding: string, following: string): number[] {
  return PLACES.map((place) => {
    const channel = engine.probe();
    channel.issue(preceding, SAME_BANK, T);
    const readyAt = channel.readyAt(following, place);
    return readyAt === FREE ? 0 : readyAt - T;
  });
}

/** [preceding, following, same bank, other bank, other bank group, other rank, other pch]. */
type Row = [string, string, number, number, number, number, number];

const FACTS: Row[] = [
  // All banks of the channel are one.
  ["ACTAB", "ACTAB", 63, 63, 63, 63, 63],
  ["ACTAB", "MACAB", 19, 19, 19, 19, 19],
  ["ACTAB", "PREA", 45, 45, 45, 45, 45],
  ["ACTAB", "REFab", 2, 2, 2, 2, 2],
  ["MACAB", "MACAB", 6, 6, 6, 6, 6],
  ["MACAB", "PREA", 8, 8, 8, 8, 8],
  ["PREA", "ACTAB", 19, 19, 19, 19, 19],
  // Only the refreshed pseudo-channel waits.
  ["REFab", "ACTAB", 456, 456, 456, 456, 0],
  ["REFab", "ACTSB", 456, 456, 456, 456, 0],
  ["REFab", "ACTPB", 456, 456, 456, 456, 0],
  // Constraints on REFab and PREA below the channel are never looked at.
  ["PREA", "REFab", 0, 0, 0, 0, 0],
  ["ACTSB", "REFab", 2, 2, 2, 2, 2],
  ["ACTSB", "PREA", 2, 2, 2, 2, 2],
  ["ACTPB", "PREA", 2, 2, 2, 2, 2],
  ["MACSB", "PREA", 0, 0, 0, 0, 0],
  ["PREA", "ACTSB", 0, 0, 0, 0, 0],
  // The same bank of every bank group.
  ["ACTSB", "ACTSB", 63, 2, 2, 2, 2],
  ["ACTSB", "MACSB", 19, 0, 0, 0, 0],
  ["ACTSB", "PRESB", 45, 2, 2, 2, 2],
  ["MACSB", "MACSB", 6, 6, 6, 6, 6],
  ["MACSB", "PRESB", 8, 0, 8, 8, 8],
  ["PRESB", "ACTSB", 19, 0, 0, 0, 0],
  // One bank of both pseudo-channels.
  ["ACTPB", "ACTPB", 63, 2, 2, 2, 2],
  ["ACTPB", "MACPB", 19, 0, 0, 0, 0],
  ["ACTPB", "PREPB", 45, 2, 2, 2, 2],
  ["MACPB", "MACPB", 4, 4, 2, 2, 2],
  // At bank 0 the wrong ids compared are all 0: the twin's own precharge is held back too.
  ["MACPB", "PREPB", 8, 0, 0, 0, 8],
  ["PREPB", "ACTPB", 19, 0, 0, 0, 0],
  // The data path.
  ["WRGB", "MVSB", 4, 4, 2, 2, 0],
  ["MVSB", "MVGB", 4, 4, 2, 2, 0],
  ["SFM", "WRGB", 4, 4, 2, 2, 0],
  ["MVGB", "SFM", 0, 0, 0, 0, 0],
  ["MACAB", "MVSB", 0, 0, 0, 0, 0],
  ["MVGB", "MACAB", 0, 0, 0, 0, 0],
  // Ordinary DRAM.
  ["ACT", "ACT", 63, 4, 2, 2, 2],
  ["ACT", "RD", 19, 0, 0, 0, 0],
  ["ACT", "WR", 19, 0, 0, 0, 0],
  ["ACT", "PRE", 45, 2, 2, 2, 2],
  ["PRE", "ACT", 19, 0, 0, 0, 0],
  ["PREA", "ACT", 19, 19, 19, 19, 0],
  ["RD", "RD", 4, 4, 2, 2, 0],
  ["WR", "WR", 4, 4, 2, 2, 0],
  ["RD", "WR", 17, 17, 17, 2, 0],
  ["WR", "RD", 19, 19, 16, 2, 0],
  ["RD", "PRE", 8, 0, 0, 0, 0],
  ["WR", "PRE", 29, 0, 0, 0, 0],
  ["ACT", "REFsb", 5, 5, 3, 2, 2],
  ["REFsb", "REFsb", 11, 11, 11, 0, 0],
  ["REFsb", "ACT", 10, 10, 10, 0, 0],
  ["REFab", "ACT", 456, 456, 456, 456, 0],
  ["REFab", "REFsb", 456, 456, 456, 456, 0],
];

Deno.test("every constraint holds a follower back for its cycles, where it applies", () => {
  for (const [preceding, following, ...expected] of FACTS) {
    deepEqual(waits(preceding, following), expected, `${preceding} -> ${following}`);
  }
});

Deno.test("the fifth activation of a rank waits for the first to be 39 cycles old", () => {
  const channel = engine.probe();
  [0, 2, 4, 6].forEach((after, i) => channel.issue("ACT", i * OTHER_BANK_GROUP, T + after));
  equal(channel.readyAt("ACT", OTHER_BANK), T + 39);
  equal(channel.readyAt("ACT", OTHER_RANK), T + 8);
  channel.issue("ACT", OTHER_BANK, T + 39);
  equal(channel.readyAt("ACT", OTHER_BANK + OTHER_BANK_GROUP), T + 2 + 39);
});

Deno.test("a MAC to one bank holds back the precharge of an unrelated bank", () => {
  // Rank 1, bank group 1, bank 1 in pseudo-channel 0: rank id := 0, bank group id := 1.
  const address = OTHER_RANK + OTHER_BANK_GROUP + OTHER_BANK;
  const channel = engine.probe();
  channel.issue("MACPB", address, T);
  equal(channel.readyAt("PREPB", address), T + 8);
  equal(channel.readyAt("PREPB", OTHER_BANK_GROUP + OTHER_BANK), T + 8);
  equal(channel.readyAt("PREPB", OTHER_RANK + OTHER_BANK), FREE);
});

Deno.test("a later command never shortens a wait", () => {
  const channel = engine.probe();
  channel.issue("ACTAB", 0, T);
  channel.issue("MACAB", 0, T + 1);
  equal(channel.readyAt("PREA", 0), T + 45);
});

Deno.test("a closed bank is opened, another row closed first, a hit served at once", () => {
  const channel = engine.probe();
  equal(channel.prerequisite("MACAB", 0), "ACTAB");
  channel.issue("ACTAB", 0, T);
  equal(channel.prerequisite("MACAB", 0), "MACAB");
  equal(channel.prerequisite("MACAB", 1024), "PREA");
  equal(channel.prerequisite("MACSB", OTHER_RANK), "MACSB");
  equal(channel.prerequisite("RD", OTHER_BANK), "RD");
  equal(channel.prerequisite("REFab", 0), "PREA");
  channel.issue("PREA", 0, T);
  equal(channel.prerequisite("REFab", 0), "REFab");
});

Deno.test("a same-bank precharge closes two banks and leaves fourteen open", () => {
  const channel = engine.probe();
  channel.issue("ACTSB", 0, T);
  channel.issue("PRESB", 0, T);
  equal(channel.prerequisite("RD", 0), "ACT");
  equal(channel.prerequisite("RD", OTHER_PSEUDOCHANNEL), "ACT");
  equal(channel.prerequisite("RD", OTHER_RANK), "RD");
  // Rows pile up in the banks left open.
  channel.issue("ACTSB", 1024, T);
  equal(channel.prerequisite("RD", OTHER_RANK), "RD");
  equal(channel.prerequisite("RD", OTHER_RANK + 1024), "RD");
  equal(channel.prerequisite("RD", OTHER_RANK + 2048), "PRE");
});

Deno.test("an unknown command is named", () => {
  throws(() => engine.probe().readyAt("ACTQB", 0), /but found "ACTQB"/);
});

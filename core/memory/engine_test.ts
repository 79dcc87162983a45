import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { sharedPath, sharedTest } from "../testing/shared_material.ts";
import { DramEngine, type IssuedCommand, type TraceRequest } from "./engine.ts";

const OPTIONS = { organisation: "HBM3_8Gb_2R", timing: "HBM3_5.2Gbps", channels: 16 };
const engine = await DramEngine.open(OPTIONS);
const unlimited = await DramEngine.open({ ...OPTIONS, timing: "HBM3_5.2Gbps_NPC" });

const BANK = 2 ** 24;
const BANK_GROUP = 2 ** 26;
const RANK = 2 ** 28;
const PSEUDOCHANNEL = 2 ** 29;
const CHANNEL = 2 ** 30;
const ROW = 1024;

/** `"PIM_MAC_AB 0x20"` for each line. */
function trace(...lines: string[]): TraceRequest[] {
  return lines.map((line) => {
    const [op, address] = line.split(" ");
    return { op: op!, address: Number(address ?? 0) };
  });
}

function issued(requests: TraceRequest[], memory = engine): string[] {
  memory.begin(0);
  memory.send(requests);
  memory.finish();
  return memory.takeLog().map(({ cycle, command }) => `${cycle} ${command}`);
}

/** A line of the reference's command log. */
function logLine(c: IssuedCommand): string {
  const { cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column } = c;
  return [cycle, command, channel, pseudochannel, rank, bankgroup, bank, row, column].join(", ");
}

Deno.test("a row is opened before it is read", () => {
  deepEqual(issued(trace("PIM_MAC_AB")), ["1 ACTAB", "20 MACAB"]);
});

Deno.test("MACs of all banks keep their distance: 6 cycles in the power budget, 4 without", () => {
  const two = trace("PIM_MAC_AB", "PIM_MAC_AB 32");
  deepEqual(issued(two), ["1 ACTAB", "20 MACAB", "26 MACAB"]);
  deepEqual(issued(two, unlimited), ["1 ACTAB", "20 MACAB", "24 MACAB"]);
});

Deno.test("another row waits for tRAS, tRP and tRCD", () => {
  const log = issued(trace("PIM_MAC_AB", `PIM_MAC_AB ${ROW}`));
  deepEqual(log, ["1 ACTAB", "20 MACAB", "46 PREA", "65 ACTAB", "84 MACAB"]);
});

Deno.test("a row and a column command share a cycle; two column commands do not", () => {
  deepEqual(issued(trace("PIM_WR_GB", "PIM_MAC_AB")), ["1 WRGB", "1 ACTAB", "20 MACAB"]);
  const softmax = issued(trace("PIM_WR_GB", "PIM_SFM"));
  deepEqual(softmax, ["1 WRGB", "2 SFM"]);
});

Deno.test("moves keep 4 cycles in a bank group and 2 between bank groups and ranks", () => {
  const log = issued(trace(
    "PIM_MV_SB",
    "PIM_MV_SB 32",
    `PIM_MV_SB ${BANK_GROUP}`,
    `PIM_MV_SB ${RANK}`,
    `PIM_MV_SB ${PSEUDOCHANNEL}`,
  ));
  deepEqual(log, ["1 MVSB", "2 MVSB", "3 MVSB", "5 MVSB", "7 MVSB"]);
});

Deno.test("column commands wait behind a barrier, row commands do not", () => {
  const log = issued(trace("PIM_MAC_AB", "PIM_BARRIER", "PIM_SFM"));
  deepEqual(log, ["1 ACTAB", "20 MACAB", "21 SFM"]);
});

Deno.test("a refresh closes all banks and holds activations for tRFC", () => {
  // The activation goes to pseudo-channel 0, refreshed first: 456 cycles after, 455 after the other.
  // 850 MACs of one row keep the channel busy past 5070 cycles; the next needs another row.
  const macs = Array.from({ length: 850 }, (_, i) => `PIM_MAC_AB ${(i % 32) * 32}`);
  const log = issued(trace(...macs, `PIM_MAC_AB ${ROW}`));
  const tail = log.slice(-6).map((line) => line.split(" "));
  deepEqual(tail.map(([, command]) => command), [
    "MACAB",
    "PREA",
    "REFab",
    "REFab",
    "ACTAB",
    "MACAB",
  ]);
  const cycles = tail.map(([cycle]) => Number(cycle));
  deepEqual(cycles.slice(1).map((cycle, i) => cycle - cycles[i]!), [8, 1, 1, 455, 19]);
});

Deno.test("a read opens its row in its own bank and returns nCL + nBL later", () => {
  const read = trace(`LD ${BANK}`);
  deepEqual(issued(read), ["1 ACT", "20 RD"]);
  equal(engine.run(read).cycles, 20 + 19 + 2);
});

Deno.test("a read of what waits to be written is answered without a command", () => {
  deepEqual(issued(trace("ST 64", "LD 64")), ["1 ACT", "20 WR"]);
});

Deno.test("channels run side by side", () => {
  const one = engine.run(trace("PIM_MAC_AB")).cycles;
  equal(engine.run(trace("PIM_MAC_AB", `PIM_MAC_AB ${CHANNEL}`)).cycles, one);
});

Deno.test("requests are counted by kind", () => {
  const { counts } = engine.run(trace("PIM_MAC_AB", "PIM_MAC_AB 32", "PIM_SFM", "PIM_BARRIER"));
  deepEqual([counts.PIM_MAC_AB, counts.PIM_SFM, counts.PIM_BARRIER, counts.LD], [2, 1, 1, 0]);
});

Deno.test("an empty trace takes the one cycle that finds it empty", () => {
  equal(engine.run([]).cycles, 1);
});

Deno.test("a run leaves nothing behind for the next", () => {
  const first = issued(trace("PIM_MAC_AB", `PIM_MAC_AB ${ROW}`, "PIM_MV_GB"));
  issued(trace(`LD ${BANK}`, "ST 64", `PIM_MAC_SB ${BANK}`));
  deepEqual(issued(trace("PIM_MAC_AB", `PIM_MAC_AB ${ROW}`, "PIM_MV_GB")), first);
});

Deno.test("requests that undo each other's rows for ever are refused, and others run after", () => {
  // A same-bank precharge closes the bank it names and its twin, never the first one of the group.
  const livelock = trace(`PIM_MAC_AB ${ROW}`, `PIM_MAC_SB ${BANK_GROUP}`);
  const deadlock = trace("LD 0", `LD ${ROW}`, `PIM_MAC_AB ${BANK}`);
  for (const requests of [livelock, deadlock]) {
    throws(() => engine.run(requests), {
      name: "RangeError",
      message: /^Expected every request to be served in the end but found/,
    });
    equal(engine.run(trace("PIM_MAC_AB")).cycles, 20);
  }
});

Deno.test("any number of reads is answered from one waiting write", () => {
  const reads = Array.from({ length: 9000 }, () => "LD 0");
  equal(engine.run(trace("ST 0", ...reads)).counts.LD, 9000);
});

Deno.test("an unknown request is named", () => {
  throws(() => engine.run([{ op: "PIM_MAC", address: 0 }]), /but found "PIM_MAC"/);
});

Deno.test("an unknown preset is named with what there is", async () => {
  await rejects(DramEngine.open({ ...OPTIONS, timing: "HBM3_9Gbps" }), {
    name: "RangeError",
    message: /^Expected timing to be one of HBM3_4.8Gbps, .* but found "HBM3_9Gbps"$/,
  });
});

sharedTest("the golden traces are met to the cycle, command logs line by line", async (t) => {
  const folder = sharedPath("golden/traces");
  const unzip = (name: string) => gunzipSync(readFileSync(`${folder}/${name}`)).toString().trim();
  const names = readdirSync(folder).filter((name) => name.endsWith(".trace.gz"));
  equal(names.length > 0, true);
  for (const name of names) {
    await t.step(name, () => {
      const memory = name.includes("_npc") ? unlimited : engine;
      const base = name.replace(".trace.gz", "");
      memory.begin(0);
      memory.send(trace(...unzip(name).split("\n")));
      const { cycles, counts } = memory.finish();
      deepEqual(memory.takeLog().map(logLine), unzip(`${base}.cmdlog_ch0.gz`).split("\n"));
      const stats = readFileSync(`${folder}/${base}.stats.txt`, "utf8");
      const statistic = (label: string) => Number(new RegExp(`${label}: (\\d+)`).exec(stats)![1]);
      equal(cycles, statistic("memory_system_cycles"));
      for (const request of memory.device.standard.requests) {
        if (!request.statistic) continue;
        const printed = statistic(`total_num_${request.statistic}_requests`);
        equal(counts[request.trace], printed, request.trace);
      }
    });
  }
});

/**
 * Test-only: the reference's traces with what the reference made of them, where they are at hand
 * (`../shared/golden/traces` beside the repository).
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type IssuedCommand, type Operation, type TraceRequest } from "./hbm3_pim_rules.ts";
import { parseIssued, parseRequest, readGzipLines } from "./trace_text.ts";

const FOLDER = new URL("../../../../shared/golden/traces/", import.meta.url);

/** Counters of the reference's statistics by the operation they count. */
const STATISTICS: Partial<Record<Operation, string>> = {
  LD: "read",
  ST: "write",
  PIM_MAC_AB: "pim_mac_all_bank",
  PIM_MAC_SB: "pim_mac_same_bank",
  PIM_MAC_PB: "pim_mac_per_bank",
  PIM_WR_GB: "pim_write_to_gemv_buffer",
  PIM_MV_SB: "pim_move_to_softmax_buffer",
  PIM_MV_GB: "pim_move_to_gemv_buffer",
  PIM_SFM: "pim_softmax",
  PIM_SET_MODEL: "pim_set_model",
  PIM_SET_HEAD: "pim_set_head",
};

/** One trace of the reference. */
export interface GoldenTrace {
  readonly name: string;
  /** The timing preset the reference ran it with. */
  readonly timing: string;
  requests(): TraceRequest[];
  /** Commands the reference issued on channel 0. */
  firstChannelLog(): IssuedCommand[];
  readonly cycles: number;
  readonly counts: Partial<Record<Operation, number>>;
}

/** All traces at hand; none on a clone without the shared material. */
export function goldenTraces(): GoldenTrace[] {
  if (!existsSync(FOLDER)) return [];
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".trace.gz"))
    .map((file) => file.replace(".trace.gz", ""));
  return names.sort().map(goldenTrace);
}

function goldenTrace(name: string): GoldenTrace {
  const file = (extension: string) => new URL(`${name}.${extension}`, FOLDER);
  const statistics = readFileSync(file("stats.txt")).toString();
  const statistic = (key: string) => Number(new RegExp(`\\b${key}: (\\d+)`).exec(statistics)?.[1]);
  const counts = Object.entries(STATISTICS)
    .map(([op, key]) => [op, statistic(`total_num_${key}_requests`)]);
  return {
    name,
    timing: name.includes("_npc") ? "HBM3_5.2Gbps_NPC" : "HBM3_5.2Gbps",
    requests: () => readGzipLines(file("trace.gz")).map(parseRequest),
    firstChannelLog: () => readGzipLines(file("cmdlog_ch0.gz")).map(parseIssued),
    cycles: statistic("memory_system_cycles"),
    counts: Object.fromEntries(counts),
  };
}

/**
 * What a simulated program came to, as text for people and as the reference's statistics.
 *
 * @module
 */
import type { EngineResult } from "../../../core/memory/engine.ts";
import type { AttentionProgram, MemoryResult } from "../../../core/memory/memory_model.ts";
import { HBM3_PIM } from "../../../wasm/dram/standards/hbm3_pim.ts";
import { plainTable } from "../table.ts";

/** The result of one run with what is needed to read it. */
export interface DramReport extends EngineResult {
  /** What ran, e.g. a file name. */
  readonly title: string;
  /** Length of a cycle in nanoseconds. */
  readonly cycleNs: number;
}

/**
 * The counters of the reference's statistics, in its order: a request is counted under the
 * `statistic` of its table.
 */
const STATISTICS = [
  "pim_set_model",
  "pim_set_head",
  "pim_softmax",
  "pim_move_to_gemv_buffer",
  "pim_move_to_softmax_buffer",
  "pim_write_to_gemv_buffer",
  "pim_mac_same_bank",
  "pim_mac_all_bank",
  "write",
  "read",
  "pim_mac_per_bank",
];

/** Words of the trace that are MACs, by where the units sit. */
export const MAC_WORDS: Readonly<Record<AttentionProgram["pim"], string>> = {
  bank: "PIM_MAC_AB",
  bankgroup: "PIM_MAC_SB",
  buffer: "PIM_MAC_PB",
};

/** The counts of a program by word of the trace, barriers apart. */
export function countsOf(
  { pim }: AttentionProgram,
  { mac, softmax, mvgb, mvsb, wrgb }: MemoryResult,
): Record<string, number> {
  return {
    [MAC_WORDS[pim]]: mac,
    PIM_SFM: softmax,
    PIM_MV_GB: mvgb,
    PIM_MV_SB: mvsb,
    PIM_WR_GB: wrgb,
  };
}

/** The statistics Ramulator 2 with AttAcc's patches prints, line by line. */
export function statisticsText({ cycles, counts }: DramReport): string {
  const words = new Map(HBM3_PIM.requests.map(({ statistic, trace }) => [statistic, trace]));
  return [
    "Frontend:",
    "  impl: PIMLoadStoreTrace",
    "",
    "MemorySystem:",
    "  impl: PIMDRAM",
    `  total_num_other_requests: ${otherRequests(counts)}`,
    ...STATISTICS.map((name) =>
      `  total_num_${name}_requests: ${counts[words.get(name) ?? ""] ?? 0}`
    ),
    `  memory_system_cycles: ${cycles}`,
    "",
    "",
  ].join("\n");
}

function otherRequests(counts: DramReport["counts"]): number {
  return HBM3_PIM.requests
    .filter(({ statistic, barrier }) => !statistic && !barrier)
    .reduce((sum, { trace }) => sum + (counts[trace] ?? 0), 0);
}

/** A few lines for people. */
export function summaryText(report: DramReport): string {
  const { title, cycles, counts, cycleNs } = report;
  const rows = [
    ["cycles", String(cycles), ""],
    ["time", microseconds(report).toFixed(3), `µs at ${cycleNs} ns a cycle`],
    ...Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([word, count]) => [word, String(count), ""]),
    ["MACs a cycle", macsPerCycle(report).toFixed(3), "commands, all channels"],
  ];
  return `${title}\n${plainTable(rows, ["left", "right", "left"])}\n`;
}

/** The same for programs. */
export function jsonText(report: DramReport): string {
  const { title, cycles, counts } = report;
  return `${
    JSON.stringify(
      {
        title,
        cycles,
        clock_ps: clockPs(report),
        time_us: microseconds(report),
        counts,
        macs_per_cycle: macsPerCycle(report),
      },
      null,
      2,
    )
  }\n`;
}

/** Whole picoseconds stay whole. */
function clockPs({ cycleNs }: DramReport): number {
  return Number((cycleNs * 1000).toPrecision(12));
}

function microseconds(report: DramReport): number {
  return (report.cycles * clockPs(report)) / 1e6;
}

function macsPerCycle({ cycles, counts }: DramReport): number {
  const macs = Object.values(MAC_WORDS).reduce((sum, word) => sum + (counts[word] ?? 0), 0);
  return cycles > 0 ? macs / cycles : 0;
}

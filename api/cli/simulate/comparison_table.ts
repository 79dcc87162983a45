import { figureTable } from "../table.ts";
import {
  type Breakdown,
  energyOf,
  latencyOf,
  type MethodResult,
  PARTS,
  sumOf,
} from "./comparison.ts";

/**
 * Methods beside each other: their latency and their energy, in all and where it goes, and how
 * much of it that is against full attention.
 *
 * @param full the result all are measured against
 */
export function comparisonTable(results: readonly MethodResult[], full: MethodResult): string {
  const tables = [["latency, ms", latencyOf], ["energy, J", energyOf]] as const;
  return tables.map(([title, breakdownOf]) =>
    figureTable(
      [title, "total", "of full", "change", "attention", "change", "FC", "communication", "other"],
      results.map(({ method, row }) => [
        method.name,
        ...figures(breakdownOf(row), breakdownOf(full.row)),
      ]),
    )
  ).join("\n\n");
}

function figures(breakdown: Breakdown, full: Breakdown): string[] {
  const total = sumOf(breakdown) / sumOf(full);
  const [attention, ...others] = PARTS.map((part) => breakdown[part].toFixed(4));
  return [
    sumOf(breakdown).toFixed(4),
    percent(total),
    signedPercent(total - 1),
    attention!,
    signedPercent(full.attention === 0 ? 0 : breakdown.attention / full.attention - 1),
    ...others,
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function signedPercent(change: number): string {
  const text = percent(change);
  if (/^-?0\.0 /.test(text)) return "0.0 %";
  return change > 0 ? `+${text}` : text;
}

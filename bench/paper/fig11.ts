/**
 * Fig. 11: latency and energy of a decode step with three methods over that of full attention.
 *
 * `deno run -A bench/paper/fig11.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import { COLOURS, drawSvg } from "../../core/plot/draw_svg.ts";
import type { SystemRow } from "../../core/system/columns.ts";
import type { Cell, Report } from "./document.ts";
import { commandOf, type Experiments, type Variant, VARIANTS } from "./experiments.ts";
import { runReport } from "./main.ts";
import {
  FIG_11,
  type Length,
  LENGTHS,
  type Method,
  METHODS,
  type Metric,
  type Model,
  MODELS,
} from "./published.ts";

const METRICS: readonly Metric[] = ["latency", "energy"];
const ALL_METHODS = Object.keys(METHODS) as Method[];
const ALL_MODELS = Object.keys(MODELS) as Model[];
const ALL_VARIANTS: readonly Variant[] = Object.values(VARIANTS);

/** Half a unit of the last digit that the paper prints. */
const PRINTED = 0.005;

/** A bar of the figure in each way of computing it. */
interface Bar {
  readonly metric: Metric;
  readonly model: Model;
  readonly lout: Length;
  readonly method: Method;
  readonly paper: number;
  /** In the order of `VARIANTS`. */
  readonly shares: readonly number[];
  /** Why the first and the second differ, in a line. */
  readonly why: string;
}

const VALUES: Readonly<Record<Metric, (row: SystemRow) => number>> = {
  latency: (row) => row["g_time (ms)"],
  energy: (row) => row["g_energy (nJ)"],
};

/** All bars of the figure. */
async function fig11Bars(experiments: Experiments): Promise<Bar[]> {
  const bars: Bar[] = [];
  for (const model of ALL_MODELS) {
    for (const lout of LENGTHS) {
      const full = await rowsOf(experiments, model, lout, "full");
      for (const method of ALL_METHODS) {
        const rows = await rowsOf(experiments, model, lout, method);
        for (const metric of METRICS) {
          const value = VALUES[metric];
          bars.push({
            metric,
            model,
            lout,
            method,
            paper: FIG_11[metric][model][LENGTHS.indexOf(lout)]![method],
            shares: rows.map((row, i) => value(row) / value(full[i]!)),
            why: metric === "latency" ? whyLatency(rows, full) : whyEnergy(rows, full),
          });
        }
      }
    }
  }
  const order = (bar: Bar) =>
    METRICS.indexOf(bar.metric) * ALL_MODELS.length +
    ALL_MODELS.indexOf(bar.model);
  return bars.sort((a, b) => order(a) - order(b));
}

async function rowsOf(
  experiments: Experiments,
  model: Model,
  lout: Length,
  run: Method | "full",
): Promise<SystemRow[]> {
  const rows: SystemRow[] = [];
  for (const variant of ALL_VARIANTS) {
    rows.push((await experiments.run(variant, model, lout, run)).row);
  }
  return rows;
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

function whyLatency(rows: readonly SystemRow[], full: readonly SystemRow[]): string {
  const [artifact, corrected] = rows as [SystemRow, SystemRow];
  const waiting = (row: SystemRow) => (row.g_comm + row.g_etc) / row["g_time (ms)"];
  const times = (corrected.g_matmul / artifact.g_matmul).toFixed(1);
  return `attention takes ${times} times as long (rows opened, what it decides by); all-reduces and norms are ` +
    `${percent(waiting(full[1]!))} of full attention's step, not ${percent(waiting(full[0]!))}`;
}

function whyEnergy(rows: readonly SystemRow[], full: readonly SystemRow[]): string {
  const attention = (row: SystemRow) => row.g_attn_mem_energy + row.g_attn_comp_energy;
  const share = (row: SystemRow) => attention(row) / row["g_energy (nJ)"];
  const [artifact, corrected] = rows as [SystemRow, SystemRow];
  const times = (attention(corrected) / attention(artifact)).toFixed(2);
  const shared = full[1]!.gqa_size > 1
    ? `; ${full[1]!.gqa_size} queries read a head once, and the feed-forward has its third matrix`
    : "";
  return `attention spends ${times} times as much (rows opened, what it decides by); it is ` +
    `${percent(share(full[1]!))} of full attention's step, not ${
      percent(share(full[0]!))
    }${shared}`;
}

/** Adds the figure to a report. */
export async function addFig11(report: Report, experiments: Experiments) {
  const bars = await fig11Bars(experiments);
  report.heading("Fig. 11: a decode step over one with full attention");
  report.paragraph(
    "2048 tokens in, batch 16, 8 H100 with 8 accelerators of 5 HBM3 stacks. Token-wise is SparQ, " +
      "page-wise Quest, each with the artifact's own budget table.",
  );
  for (const { name, meaning } of ALL_VARIANTS) report.paragraph(`${name}: ${meaning}.`);
  report.paragraph(
    "In Mistral-7B four queries share a head. Whether they read it together is up to the hardware: both " +
      "are shown. Together they read what a budget says; the tables do not tell what each of them " +
      "selected, so that the union, which is more, is not in it. In the other models both are the same.",
  );
  report.paragraph(evidence(bars));
  for (const metric of METRICS) {
    const shown = bars.filter((bar) => bar.metric === metric);
    report.picture(
      `fig11-${metric}.svg`,
      `${metric} of a decode step over that with full attention`,
      await picture(metric, shown),
    );
    report.table(
      [metric, "tokens out", "method", "paper", ...ALL_VARIANTS.map(({ name }) => name), "why"],
      shown.map(rowOf),
    );
  }
}

function rowOf({ model, lout, method, paper, shares, why }: Bar): Cell[] {
  return [
    model,
    lout.toLocaleString("en"),
    method,
    paper.toFixed(2),
    ...shares.map((share, i) => ({
      text: share.toFixed(3),
      command: commandOf(ALL_VARIANTS[i]!, model, lout),
    })),
    why,
  ];
}

/** How far the artifact's own code is from what the paper prints. */
function evidence(bars: readonly Bar[]): string {
  const off = bars.map(({ paper, shares }) => shares[0]! - paper);
  const met = off.filter((difference) => Math.abs(difference) <= PRINTED).length;
  const worst = off.reduce(
    (most, difference, i) => Math.abs(difference) > Math.abs(off[most]!) ? i : most,
    0,
  );
  const { metric, model, lout, method, paper, shares } = bars[worst]!;
  return `The artifact's code with the artifact's tables gives ${met} of the paper's ` +
    `${bars.length} bars to the printed digits. Its output was compared with the published ` +
    "programs' in sampled runs, every column to 1e-9, and with the README's row to its last digit; " +
    "what else went into the figure is not published. The difference is largest in " +
    `${metric} of ${model} with ${lout} tokens ` +
    `and ${method}: ${shares[0]!.toFixed(3)}, printed ${paper.toFixed(2)}.`;
}

function picture(metric: Metric, bars: readonly Bar[]): Promise<string> {
  const series = ["paper", ...ALL_VARIANTS.map(({ name }) => name)];
  const values = bars.flatMap(({ model, lout, method, paper, shares }) =>
    [paper, ...shares].map((share, i) => ({
      place: `${model}, ${lout / 1000}K`,
      method,
      series: series[i]!,
      share,
    }))
  );
  return drawSvg({
    title: { text: `Fig. 11, ${metric}: full attention = 1`, anchor: "start" },
    data: { values },
    facet: {
      row: { field: "method", type: "nominal", sort: ALL_METHODS, title: null },
    },
    spec: {
      width: 860,
      height: 150,
      mark: "bar",
      encoding: {
        x: {
          field: "place",
          type: "nominal",
          sort: null,
          title: null,
          axis: { labelAngle: 0 },
        },
        xOffset: { field: "series", sort: series },
        y: {
          field: "share",
          type: "quantitative",
          title: null,
          scale: { domain: [0, 1] },
          axis: { tickCount: 5, gridColor: "#e5e5e5" },
        },
        color: {
          field: "series",
          type: "nominal",
          title: null,
          scale: {
            domain: series,
            range: [COLOURS.grey, COLOURS.blue, COLOURS.red, COLOURS.green, COLOURS.orange],
          },
          legend: { orient: "top" },
        },
      },
    },
  });
}

if (import.meta.main) await runReport("fig11", "Fig. 11, three ways", addFig11);

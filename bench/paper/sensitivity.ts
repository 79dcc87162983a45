/**
 * How much the headline results hang on each timing of the memory.
 *
 * `deno run -A bench/paper/sensitivity.ts [--tables kv_budget] [--out folder]`
 *
 * @module
 */
import { buildModule } from "../../wasm/build.ts";
import type { Device } from "../../wasm/dram/device.ts";
import { COLOURS, drawSvg } from "../../core/plot/draw_svg.ts";
import { models } from "../../core/hardware/models.ts";
import { canonicalProgram } from "../../core/memory/canonical_program.ts";
import { hbm3PimDevice } from "../../core/memory/hbm3_pim_device.ts";
import type {
  AttentionProgram,
  MemoryModel,
  MemoryResult,
} from "../../core/memory/memory_model.ts";
import { ProgramRunner } from "../../core/memory/program_runner.ts";
import type { Cell, Report } from "./document.ts";
import { Experiments, type Run, type Variant, VARIANTS } from "./experiments.ts";
import { runReport } from "./main.ts";

/** Timings that attention in bank PIM can see. */
const TIMINGS = [
  "nRCDRD",
  "nRP",
  "nRAS",
  "nRC",
  "nRTPL",
  "nCCDAB",
  "nCCDS",
  "nCCDL",
  "nBL",
  "nRFC",
  "nREFI",
] as const;

/** What a timing is made shorter and longer by, at least a cycle. */
const STEP = 0.2;

/** A length that shows what a longer one does and takes half as long. */
const PLACE = ["Mistral-7B", 16000] as const;

/** What is watched. */
const HEADLINES = [
  {
    name: "Fig. 11, STARC",
    of: (rows: Rows) => rows.STARC["g_time (ms)"] / rows.full["g_time (ms)"],
  },
  {
    name: "Fig. 11, token-wise",
    of: (rows: Rows) => rows["token-wise"]["g_time (ms)"] / rows.full["g_time (ms)"],
  },
  {
    name: "attention, STARC over full",
    of: (rows: Rows) => rows.STARC.g_matmul / rows.full.g_matmul,
  },
  {
    name: "attention, STARC over token-wise",
    of: (rows: Rows) => rows.STARC.g_matmul / rows["token-wise"].g_matmul,
  },
] as const;

type WatchedRun = Extract<Run, "full" | "STARC" | "token-wise">;
type Rows = Readonly<Record<WatchedRun, Awaited<ReturnType<Experiments["run"]>>["row"]>>;

/** A timing that is made shorter or longer. */
interface Change {
  readonly timing: typeof TIMINGS[number];
  readonly to: "shorter" | "longer";
}

/** A memory with a changed timing. */
class ChangedMemory implements MemoryModel {
  readonly name = "hbm3-pim with changed timings";
  readonly digest: string;
  readonly cycleNs = hbm3PimDevice("limited").clockPs / 1000;
  readonly #module: WebAssembly.Module;
  readonly #change: Change | undefined;
  readonly #runners = new Map<string, ProgramRunner>();

  constructor(module: WebAssembly.Module, change?: Change) {
    this.#module = module;
    this.#change = change;
    this.digest = JSON.stringify(change ?? "as it is");
  }

  keyOf(program: AttentionProgram): string {
    return JSON.stringify(
      canonicalProgram(program),
      (_, value) => value instanceof Uint32Array ? value.join() : value,
    );
  }

  simulate(programs: readonly AttentionProgram[]): Promise<MemoryResult[]> {
    return Promise.resolve(programs.map((program) => this.#runner(program).run(program)));
  }

  #runner({ power, queries = 1 }: AttentionProgram): ProgramRunner {
    const key = `${power} ${queries}`;
    let runner = this.#runners.get(key);
    if (!runner) {
      runner = new ProgramRunner(
        this.#module,
        changed(hbm3PimDevice(power, queries), this.#change),
      );
      this.#runners.set(key, runner);
    }
    return runner;
  }
}

function changed(device: Device, change: Change | undefined): Device {
  if (!change) return device;
  const [shorter, , longer] = valuesOf(device, change.timing);
  const value = change.to === "shorter" ? shorter : longer;
  return { ...device, timing: { ...device.timing, [change.timing]: value } };
}

/** A timing's changes and what they change. */
interface Sensitivity {
  readonly variant: string;
  readonly timing: string;
  readonly values: readonly [shorter: number, standard: number, longer: number];
  /** Of each headline, relative change with the shorter and the longer timing. */
  readonly changes: readonly (readonly [shorter: number, longer: number])[];
}

/** Runs everything for each timing. */
async function sensitivities(variant: Variant, tables: string | undefined): Promise<Sensitivity[]> {
  const { bytes } = await buildModule("pim/assembly/index.ts", ["dram/assembly", "pim/assembly"]);
  const module = new WebAssembly.Module(bytes);
  const headlines = async (change?: Change) => {
    using experiments = await Experiments.open(tables, new ChangedMemory(module, change));
    const row = async (run: WatchedRun) => (await experiments.run(variant, ...PLACE, run)).row;
    const rows = {
      full: await row("full"),
      STARC: await row("STARC"),
      "token-wise": await row("token-wise"),
    };
    return HEADLINES.map(({ of }) => of(rows));
  };
  const standard = await headlines();
  const found: Sensitivity[] = [];
  for (const timing of TIMINGS) {
    const values = valuesOf(hbm3PimDevice("limited", queriesOf(variant)), timing);
    const [shorter, longer] = [
      await headlines({ timing, to: "shorter" }),
      await headlines({ timing, to: "longer" }),
    ];
    found.push({
      variant: variant.name,
      timing,
      values,
      changes: standard.map((value, i) => [shorter[i]! / value - 1, longer[i]! / value - 1]),
    });
  }
  return found;
}

/** Queries that a MAC serves: with shared heads it waits for the multipliers (nCCDAB). */
function queriesOf({ options }: Variant): number {
  const { heads, keyValueHeads } = models[PLACE[0]];
  return options.profile === "corrected" ? heads / keyValueHeads : 1;
}

function valuesOf({ timing }: Device, name: string): [number, number, number] {
  const value = timing[name]!;
  const step = Math.max(1, Math.round(STEP * value));
  return [Math.max(1, value - step), value, value + step];
}

/** Adds the table and the picture to a report. */
async function addSensitivity(
  report: Report,
  experiments: Experiments,
) {
  report.heading("How much the headline results hang on each timing");
  report.paragraph(
    `${PLACE[0]}, 2048 tokens in and ${
      PLACE[1]
    } out. Each timing of HBM3_5.2Gbps is made a fifth ` +
      "shorter and longer, at least a cycle, the others staying as they are; cells are the relative " +
      "changes of each result.",
  );
  for (const variant of [VARIANTS.artifact, VARIANTS.corrected]) {
    const found = await sensitivities(variant, experiments.tables);
    report.paragraph(`${variant.name}: ${variant.meaning}.`);
    report.picture(
      `sensitivity-${variant.name}.svg`,
      `sensitivity of the headline results, ${variant.name}`,
      await picture(variant.name, found),
    );
    report.table(
      ["timing", "cycles", ...HEADLINES.map(({ name }) => name)],
      found.map(({ timing, values, changes }): Cell[] => [
        timing,
        values.join(" / "),
        ...changes.map((pair) => pair.map(signed).join(" / ")),
      ]),
    );
  }
}

const signed = (change: number) =>
  `${change < 0 ? "−" : "+"}${(100 * Math.abs(change)).toFixed(1)} %`;

function picture(variant: string, found: readonly Sensitivity[]): Promise<string> {
  const values = found.flatMap(({ timing, changes }) =>
    HEADLINES.flatMap(({ name }, i) =>
      ["a fifth shorter", "a fifth longer"].map((side, at) => ({
        timing,
        headline: name,
        side,
        change: 100 * changes[i]![at]!,
      }))
    )
  );
  return drawSvg({
    title: { text: `What each timing changes, ${variant}`, anchor: "start" },
    data: { values },
    facet: { column: { field: "headline", type: "nominal", sort: null, title: null } },
    spec: {
      width: 200,
      height: { step: 20 },
      mark: "bar",
      encoding: {
        y: { field: "timing", type: "nominal", sort: null, title: null },
        yOffset: { field: "side" },
        x: { field: "change", type: "quantitative", title: "change, %" },
        color: {
          field: "side",
          type: "nominal",
          title: null,
          scale: {
            domain: ["a fifth shorter", "a fifth longer"],
            range: [COLOURS.blue, COLOURS.orange],
          },
          legend: { orient: "top" },
        },
      },
    },
  });
}

if (import.meta.main) {
  await runReport("sensitivity", "Sensitivity to the memory's timings", addSensitivity);
}

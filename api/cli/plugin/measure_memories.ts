import { measureMemory, type MemoryMeasurement } from "../../../core/conformance/measure_memory.ts";
import type { EnergyKind } from "../../../wasm/wit/memory/since-v0.1.0/memory.ts";
import { figureTable } from "../table.ts";
import type { LayerOptions } from "./layer_options.ts";
import type { OpenMemoryPlugin } from "./open_plugin.ts";

/** What a program costs with a memory model. */
export interface MeasuredMemory extends MemoryMeasurement {
  readonly memory: string;
}

const ENERGIES: readonly EnergyKind[] = [
  ...["activation", "cell-access", "io", "compute"] as const,
  ...["buffer", "softmax", "refresh", "background"] as const,
];

/** Asks a memory for the standard programs of the layer that options say. */
export async function measureOpenMemory(
  opened: OpenMemoryPlugin,
  layer: LayerOptions,
): Promise<MeasuredMemory[]> {
  const measured = await measureMemory(opened, layer);
  return measured.map((one) => ({ memory: opened.choice.label, ...one }));
}

/** A row a program and memory, programs together. */
export function memoryTable(measured: readonly MeasuredMemory[]): string {
  const programs = [...new Set(measured.map(({ program }) => program))];
  const kinds = ENERGIES.filter((kind) => measured.some((one) => energyOf(one, kind) !== ""));
  const rows = programs.flatMap((program) => {
    const ofProgram = measured.filter((one) => one.program === program);
    return ofProgram.map((one, i) => [
      i === 0 ? program : "",
      `${one.memory} (${one.level})`,
      ...costCells(one),
      ...kinds.map((kind) => energyOf(one, kind)),
      one.hostMs.toFixed(1),
    ]);
  });
  const head = ["tokens read", "memory (level)", "cycles", "ns", "MACs"];
  const energies = kinds.map((kind) => `${kind}, nJ`);
  return `${figureTable([...head, ...energies, "host, ms"], rows, 2)}\n`;
}

function costCells({ cost }: MeasuredMemory): string[] {
  if (typeof cost === "string") return [`declined: ${cost}`, "", ""];
  const { cycles, cycleNs, counts } = cost;
  return [String(cycles), (cycles * cycleNs).toFixed(1), String(counts.mac)];
}

function energyOf({ cost }: MeasuredMemory, kind: EnergyKind): string {
  const term = typeof cost === "string" ? undefined : cost.energy.find((one) => one.kind === kind);
  return term === undefined ? "" : (term.picojoules / 1000).toFixed(1);
}

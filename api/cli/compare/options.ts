import type { gpus } from "../../../core/hardware/gpus.ts";
import type { models } from "../../../core/hardware/models.ts";
import type { PplOptions } from "../eval/ppl.ts";
import type { MemoryChoice } from "../memory_access.ts";

/** Values of the command's options. */
export interface CompareOptions extends Omit<PplOptions, "start" | "protocol">, MemoryChoice {
  readonly prompt: number;
  readonly tokens: number;
  readonly shape: keyof typeof models;
  readonly batch: number;
  readonly gpu: keyof typeof gpus;
  readonly ngpu: number;
  readonly pim: "bank" | "bg" | "buffer";
  readonly charge?: true;
}

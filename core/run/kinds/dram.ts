/**
 * A run of one attention program in the memory alone.
 *
 * @module
 */
import * as v from "valibot";
import { StopSignal } from "../../host/stop_signal.ts";
import type { AttentionProgram } from "../../memory/memory_model.ts";
import { flag, oneOf, whole } from "../experiment_schema.ts";
import { strictObject } from "../object_schema.ts";
import { SpecError } from "../spec_error.ts";
import { CHANNELS, type CommandWindow, issuedCommandsCsv } from "./issued_commands.ts";
import { type Output, type Resolved, type RunKind, textOutput, type Work } from "./kind.ts";
import {
  isUploaded,
  memoryAt,
  type MemoryName,
  type MemoryReference,
  memorySchema,
} from "./memories.ts";

const MOST_TOKENS = 2 ** 24;
/** The reference writes no trace of a clustering step with more heads. */
const HEADS_IN_TEXT = 16;

const programSchema = strictObject({
  pim: v.optional(oneOf("where the GEMV units sit", ["bank", "bankgroup", "buffer"]), "bank"),
  power: v.optional(
    oneOf("whether MACs keep the power budget", ["limited", "unlimited"]),
    "limited",
  ),
  heads: v.optional(whole("heads of the stack, one channel a head, 16 at a time", 1, 4096), 16),
  headDim: v.optional(whole("elements of a K or V vector", 1, 4096), 128),
  elementBytes: v.optional(whole("bytes of an element", 1, 2), 2),
  contextTokens: whole("tokens in the KV cache", 1, MOST_TOKENS),
  keptTokens: v.optional(whole("tokens that are read; all where left out", 1, 2 * MOST_TOKENS)),
  partitionTokens: v.optional(
    whole("tokens a head's keys have room for: AttAcc 4096, STARC 409600", 1, MOST_TOKENS),
    409600,
  ),
  clustering: v.optional(flag("also cluster the whole context"), false),
  rowTokens: v.optional(whole("tokens of a row that clustering moves", 1, MOST_TOKENS), 16),
  oddTail: v.optional(
    oneOf("how often the last, unpaired iteration's softmax block is sent", ["once", "per-step"]),
    "once",
  ),
  secondContext: v.optional(
    oneOf("whose values the second of two overlapped iterations reads", ["first", "own"]),
    "first",
  ),
  partnerTraffic: v.optional(
    oneOf("buffer commands of an overlapped partner", ["truncated", "whole"]),
    "truncated",
  ),
  queries: v.optional(whole("queries that share a head's keys and values", 1, 16), 1),
  passes: v.optional(
    oneOf("all of attention, or only the products a policy decides by", ["attention", "scores"]),
    "attention",
  ),
});

const commandsSchema = v.pipe(
  strictObject({
    channel: v.optional(whole("channel of the stack", 0, CHANNELS - 1), 0),
    most: v.optional(whole("commands kept, from the first on", 1, 20_000), 2000),
  }),
  v.description("keeps the commands that a channel issues, in commands.csv"),
);

const schema = v.pipe(
  strictObject({
    kind: v.literal("dram"),
    memory: v.optional(memorySchema, "hbm3-pim"),
    program: programSchema,
    commands: v.optional(v.nullable(commandsSchema), null),
  }),
  v.title("Memory program"),
);

/** A resolved run of a program. */
export interface DramSpec {
  readonly kind: "dram";
  readonly memory: MemoryReference;
  readonly program: Required<Omit<AttentionProgram, "headBlocks">>;
  readonly commands: CommandWindow | null;
}

/** The kind. */
export const dram: RunKind<typeof schema, DramSpec> = {
  title: "One attention program of PIM commands in one stack",
  schema,
  async resolve({ kind, memory, program, commands }, sources): Promise<Resolved<DramSpec>> {
    if (commands && program.clustering && program.heads > HEADS_IN_TEXT) {
      throw new SpecError(
        "/commands",
        `Expected at most ${HEADS_IN_TEXT} heads with clustering but found ${program.heads}`,
      );
    }
    if (program.clustering && program.pim !== "bank") {
      throw new SpecError(
        "/program/clustering",
        `Expected clustering with pim bank only but found pim ${program.pim}`,
      );
    }
    const named = await memoryAt(memory, program.pim, sources);
    if (commands && isUploaded(named.memory)) {
      throw new SpecError(
        "/commands",
        `Expected a memory model of this program, whose commands are known, but found ${memory}`,
      );
    }
    const keptTokens = program.keptTokens ?? program.contextTokens;
    const elementBytes = program.elementBytes;
    return {
      spec: {
        kind,
        memory: named.memory,
        program: { ...program, elementBytes, keptTokens },
        commands,
      },
      inputs: named.inputs,
    };
  },
  async execute(
    { memory: named, program, commands },
    { memory, stop, onProgress }: Work,
  ): Promise<readonly Output[]> {
    const [result] = await memory.simulate([program], onProgress);
    const fields = Object.entries({ ...program, ...result! });
    const csv = [fields.map(([name]) => name), fields.map(([, value]) => value)];
    const json = { kind: "dram", row: result, program };
    const signal = new StopSignal(Infinity, stop);
    return [
      textOutput("output.csv", csv.map((line) => `${line.join(",")}\n`).join("")),
      textOutput("output.json", `${JSON.stringify(json, null, 2)}\n`),
      ...commands
        ? [
          textOutput(
            "commands.csv",
            await issuedCommandsCsv(named as MemoryName, program, commands, signal),
          ),
        ]
        : [],
    ];
  },
};

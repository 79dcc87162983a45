/**
 * What a reader of a result must know that its columns do not say.
 *
 * @module
 */
import { models } from "../hardware/models.ts";
import type { AttentionProgram } from "../memory/memory_model.ts";
import type { BlockSource } from "./block_source.ts";
import type { SystemRow } from "./columns.ts";
import type { Sampling } from "./scattered.ts";
import type { SystemSpec } from "./spec.ts";

type Note = readonly [applies: boolean, text: string];

const texts = (notes: readonly Note[]) =>
  notes.filter(([applies]) => applies).map(([, text]) => text);

/** Where the reference stops, is silently wrong or ignores an option, and what was done instead. */
export function specNotes(
  spec: SystemSpec,
  programs: readonly AttentionProgram[],
  blocks?: BlockSource,
): string[] {
  const { system, profile, sparsity, switches } = spec;
  const isPim = system === "dgx-attacc";
  const isStarc = profile === "artifact";
  const clustersPairs = programs.some(({ clustering, heads }) => clustering && heads > 16);
  const readsOnce = isPim && sparsity !== null && switches["key-value-heads"] === "read-once" &&
    models[spec.model].keyValueHeads < models[spec.model].heads;
  const isRatio = isPim && sparsity?.ratio !== undefined;
  return [
    ...modelNotes(spec),
    ...texts([
      [
        !isPim && isStarc,
        `The STARC repository stops with a TypeError for --system ${system}; ` +
        "this is what it gives with that one call mended.",
      ],
      [
        isPim && isStarc && spec.pim !== "bank" && switches["bg-buffer-programs"] === "simulated",
        `The STARC repository has no generator for --pim ${spec.pim} and writes zero attention; ` +
        "AttAcc's programs were simulated.",
      ],
      [
        clustersPairs && switches["pair-clustering"] === "simulated",
        "With more than 16 heads a stack the STARC repository writes a broken clustering trace " +
        "and counts the last step as zero; it was simulated.",
      ],
      [
        isRatio && isStarc && switches["ratio-mode"] === "reachable",
        "The STARC repository ignores --sparsity_ratio and keeps 1024 tokens; it was obeyed.",
      ],
      [
        isPim && profile === "attacc" && sparsity !== null,
        "AttAcc has no sparsity; STARC's was applied to it.",
      ],
      [
        readsOnce && blocks?.unitedQueries === undefined,
        "The queries of a group read the same tokens: as many as the budget says. A policy that " +
        "selects for each query reads the union, which a budget does not tell.",
      ],
      [
        readsOnce && blocks?.unitedQueries !== undefined,
        `Each head's list is the union of what the trace's ${blocks?.unitedQueries} queries of a ` +
        "group selected.",
      ],
      [
        isPim && sparsity !== null && sparsity.rowSize > spec.lin + spec.lout,
        "A row is longer than the context: whole rows are read, which is more than there is.",
      ],
      [!isPim && sparsity !== null, `Sparsity changes nothing for --system ${system}.`],
      [
        isPim && sparsity === null && spec.clustering !== "none",
        "Without sparsity the reference clusters nothing, nor was anything clustered.",
      ],
      [
        system === "dgx-cpu" && switches["dgx-cpu-gpus"] === "eight" &&
        (spec.ngpu !== 8 || spec.gmemcap !== 80),
        "The reference builds dgx-cpu with 8 GPUs of 80 GiB whatever --ngpu and --gmemcap say, " +
        "and so was this.",
      ],
      [
        system === "dgx-cpu",
        "No energy is counted for what CPUs compute and read: attention's is zero.",
      ],
    ]),
  ];
}

function modelNotes({ model, system, ngpu, switches }: SystemSpec): string[] {
  const { heads, hidden, headDim, feedForward } = models[model];
  const unserved = system === "dgx-cpu" && switches["dgx-cpu-gpus"] === "eight" ? 0 : heads % ngpu;
  return texts([
    [
      unserved > 0,
      `${heads} heads do not divide among ${ngpu} GPUs; as in the reference the ${unserved} left ` +
      "over are not simulated.",
    ],
    [
      system === "dgx-attacc" && switches["pim-head-dim"] === "table" &&
      headDim !== Math.floor(hidden / heads),
      `In memory the heads of ${model} have ${headDim} elements, in its layers ` +
      `${Math.floor(hidden / heads)}, as in the reference.`,
    ],
    [
      feedForward === "swiglu" && !model.includes("LLAMA") &&
      switches["feed-forward"] === "by-name",
      `${model} is given a two-matrix GELU block, as in the reference.`,
    ],
    [model === "Llama-8B", "The reference's table lost Llama-8B in its last commit."],
  ]);
}

/** What is suspect about a result. */
export function resultNotes(row: SystemRow, sampling?: Sampling): string[] {
  const { scatteredSteps, sampledSteps, relativeError } = sampling ??
    { scatteredSteps: 0, sampledSteps: 0, relativeError: 0 };
  const gib = row.required_cap / 2 ** 30;
  return texts([
    [
      sampledSteps < scatteredSteps,
      `${sampledSteps} of ${scatteredSteps} scattered steps were simulated and the others ` +
      `estimated from them: mean attention cycles to ${(100 * relativeError).toFixed(2)} % ` +
      "(standard error).",
    ],
    [
      gib > row.cap,
      `The run takes ${
        gib.toFixed(1)
      } GiB and the devices have ${row.cap}; the reference goes on, ` +
      "and so did this.",
    ],
    [
      row.g_qkv_time < 0 || row.g_prj_time < 0 || row.c2g_comm < 0,
      "Attention hides more time than there is, so that a column is negative, as in the reference.",
    ],
  ]);
}

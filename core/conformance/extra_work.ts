import type { ChangedProgram } from "./memory_programs.ts";

/** A change of the plain program that a memory need not know. */
interface ExtraWork extends ChangedProgram {
  /** Whether it can only cost more. */
  readonly addsWork?: true;
}

/** What a memory charges for, or declines by the field. */
export const EXTRA_WORK: readonly ExtraWork[] = [
  { field: "element-bytes", changes: { elementBytes: 1 }, what: "elements of 1 byte" },
  { field: "head-dim", changes: { headDim: 80 }, what: "heads of 80 elements" },
  { field: "head-dim", changes: { headDim: 1 }, what: "heads of 1 element" },
  { field: "odd-tail", changes: { oddTail: "per-step" }, what: "odd tails per step" },
  {
    field: "second-context",
    changes: { secondContext: "of-second" },
    what: "second iterations with values of their own",
  },
  { field: "partner-traffic", changes: { partnerTraffic: "whole" }, what: "whole partner traffic" },
  { field: "passes", changes: { passes: "scores" }, what: "scores only" },
  { field: "queries", changes: { queries: 4 }, what: "4 queries a head", addsWork: true },
  {
    field: "clustering",
    changes: { clustering: { tag: "whole-context", value: { rowTokens: 16 } } },
    what: "clustering of the whole context",
    addsWork: true,
  },
  {
    field: "clustering",
    changes: {
      clustering: {
        tag: "windows",
        value: { windows: 2, tokens: 64, clusters: 4, iterations: 16 },
      },
    },
    what: "clustering of windows",
    addsWork: true,
  },
  {
    field: "metadata-reads",
    changes: { metadataReads: [{ bytes: 4096, pieces: 2 }] },
    what: "metadata reads",
    addsWork: true,
  },
];

/**
 * What STARC's paper prints of accuracy (ASPLOS'26, DOI 10.1145/3779212.3790226).
 *
 * @module
 */

/** Policies in the order of the paper's tables, with kvpim's names. */
export const POLICIES = {
  Full: "full",
  STARC: "starc",
  SparQ: "sparq",
  InfiniGen: "infinigen",
  Quest: "quest",
} as const;

/** One of the policies. */
export type PaperPolicy = keyof typeof POLICIES;

type Scores = Readonly<Record<PaperPolicy, number>>;

const scores = (
  Full: number,
  STARC: number,
  SparQ: number,
  InfiniGen: number,
  Quest: number,
): Scores => ({ Full, STARC, SparQ, InfiniGen, Quest });

/** Tables 2 (budget 1024), 4 (256) and 5 (512 and 2048): means of 16 LongBench tasks, 0 to 100. */
export const LONGBENCH: Readonly<Record<string, Readonly<Record<number, Scores>>>> = {
  "LongChat-7B-v1.5-32K": {
    256: scores(33.66, 32.61, 35.05, 31.23, 28.43),
    512: scores(33.66, 33.13, 34.76, 32.74, 32.10),
    1024: scores(33.66, 33.38, 34.55, 33.98, 32.82),
    2048: scores(33.66, 33.65, 34.46, 33.70, 33.49),
  },
  "Mistral-7B-Instruct-v0.3": {
    256: scores(46.89, 45.33, 47.53, 43.62, 37.89),
    512: scores(46.89, 46.39, 47.66, 45.55, 42.00),
    1024: scores(46.89, 46.29, 47.77, 46.53, 44.57),
    2048: scores(46.89, 47.31, 47.73, 46.91, 46.67),
  },
  "Llama-3.1-8B-Instruct": {
    256: scores(39.46, 39.58, 39.64, 38.64, 28.90),
    512: scores(39.46, 39.67, 39.86, 38.87, 33.90),
    1024: scores(39.46, 39.71, 39.76, 39.51, 36.38),
    2048: scores(39.46, 39.64, 39.56, 39.79, 38.61),
  },
};

/** Table 3: RULER at 32K, Llama-3.1-8B-Instruct, budget 1024, by task, 0 to 1. */
export const RULER: Readonly<Record<string, Scores>> = {
  niah_single_1: scores(1, 1, 1, 1, .9792),
  niah_single_2: scores(1, 1, 1, 1, 1),
  niah_single_3: scores(1, 1, 1, .9896, .8854),
  niah_multikey_1: scores(1, 1, 1, 1, 1),
  niah_multikey_2: scores(1, .9688, 1, .9583, 1),
  niah_multikey_3: scores(1, .9479, 1, .7812, .25),
  niah_multivalue: scores(.9844, .9688, .9844, .9193, .9609),
  niah_multiquery: scores(1, .9948, 1, .9974, .9870),
  vt: scores(.9938, .9896, .9854, .9542, .8688),
  cwe: scores(.1479, .1729, .2396, .1917, .1115),
  fwe: scores(.9444, .9167, .8854, .7882, .8472),
  qa_1: scores(.8542, .8542, .8542, .8542, .8333),
  qa_2: scores(.5312, .5312, .5312, .5104, .4792),
};

/** Table 3's last column. */
export const RULER_MEANS: Scores = scores(.8812, .8727, .8831, .8419, .7848);

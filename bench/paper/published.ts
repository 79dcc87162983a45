/**
 * What STARC's paper and README print.
 *
 * @module
 */

/** Methods of Fig. 11, with the policy each stands for. */
export const METHODS = { "token-wise": "SparQ", STARC: "STARC", "page-wise": "Quest" } as const;

/** One of the methods of Fig. 11. */
export type Method = keyof typeof METHODS;

/** Models of Fig. 11, with the name of their budget tables in the artifact. */
export const MODELS = { "LLAMA-7B": "Llama", "GPT-13B": "GPT", "Mistral-7B": "Mistral" } as const;

/** One of the models of Fig. 11. */
export type Model = keyof typeof MODELS;

/** Generated tokens of Fig. 11, after a prompt of 2048. */
export const LENGTHS = [16000, 24000, 32000] as const;

/** One of the lengths of Fig. 11. */
export type Length = typeof LENGTHS[number];

/** A decode step's time, or its energy. */
export type Metric = "latency" | "energy";

type Shares = Readonly<Record<Method, number>>;

const shares = (tokenWise: number, starc: number, pageWise: number): Shares => ({
  "token-wise": tokenWise,
  STARC: starc,
  "page-wise": pageWise,
});

/**
 * Fig. 11: a decode step with 2048 tokens in and 16, 24 and 32 thousand out, batch 16, over that
 * of full attention, from the labels of its bars (ASPLOS'26, DOI 10.1145/3779212.3790226).
 */
export const FIG_11: Readonly<Record<Metric, Readonly<Record<Model, readonly Shares[]>>>> = {
  latency: {
    "LLAMA-7B": [shares(.84, .70, .70), shares(.74, .61, .61), shares(.66, .54, .54)],
    "GPT-13B": [shares(.86, .75, .75), shares(.77, .67, .67), shares(.70, .61, .60)],
    "Mistral-7B": [shares(.86, .68, .68), shares(.75, .59, .59), shares(.66, .52, .51)],
  },
  energy: {
    "LLAMA-7B": [shares(.68, .59, .57), shares(.59, .51, .50), shares(.53, .46, .44)],
    "GPT-13B": [shares(.74, .66, .64), shares(.65, .58, .57), shares(.59, .52, .51)],
    "Mistral-7B": [shares(.69, .57, .55), shares(.60, .49, .48), shares(.53, .44, .42)],
  },
};

/** "Up to" reductions of STARC's attention layers (ASPLOS'26, abstract). */
export const ATTENTION_REDUCTIONS = {
  "against full attention": { latency: .93, energy: .92 },
  "against token-wise sparsity": { latency: .78, energy: .65 },
} as const;

/** The row in the artifact's README: Mistral-7B, 2048 in, 16000 out, STARC with clustering. */
export const README_ROW = {
  "g_time (ms)": 0.916930348,
  g_matmul: 0.075737878,
  g_fc: 0.404029795,
  g_comm: 0.346612651,
  g_etc: 0.090550025,
  "g_energy (nJ)": 551880956.3,
  s_time: 137.0683392,
} as const;

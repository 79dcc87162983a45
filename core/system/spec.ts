/**
 * What a system experiment is: the artifact's options, checked, with its defaults.
 *
 * @module
 */
import * as v from "valibot";
import { type GpuName, gpus } from "../hardware/gpus.ts";
import { type ModelName, models } from "../hardware/models.ts";
import { MOST_BUDGET_TOKENS } from "./budgets.ts";
import { mostBatch } from "./most_batch.ts";
import { metadataParameters, policies, type PolicyName } from "./policy_metadata.ts";
import { showValue } from "./show_value.ts";
import { profiles, resolveSwitches, type Switches } from "./switches.ts";

/** Longest context. A bound on time and memory, not of the model. */
const MOST_TOKENS = 2 ** 24;
/** Most decode steps, each of which is kept. */
const MOST_GENERATED = 2 ** 20;

const expected = (option: string, what: string) => ({ input }: { readonly input: unknown }) =>
  input === undefined
    ? `Expected ${option} to be ${what} but it is missing`
    : `Expected ${option} to be ${what} but found ${showValue(input)}`;

function whole(option: string, least: number, most: number) {
  const message = expected(option, `a whole number from ${least} to ${most}`);
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isInteger(value) && value >= least && value <= most, message),
  );
}

const flag = (option: string) => v.optional(v.boolean(expected(option, "true or false")), false);

function oneOf<const Names extends readonly string[]>(option: string, names: Names) {
  return v.picklist(names, expected(option, `one of ${names.join(", ")}`));
}

const modelNames = Object.keys(models) as ModelName[];
const gpuNames = Object.keys(gpus) as GpuName[];

const policyNames = Object.keys(policies) as PolicyName[];

const sparsity = v.pipe(
  v.strictObject({
    /** Tokens that every step may read. */
    kvBudget: v.optional(whole("--kv_budget", 1, MOST_BUDGET_TOKENS)),
    /** Tokens that each step may read; the last entry holds for the steps that follow. */
    kvBudgets: v.optional(v.pipe(
      v.array(whole("a budget", 1, MOST_BUDGET_TOKENS), expected("budgets", "a list of numbers")),
      v.minLength(1, "Expected budgets to hold at least one entry but found none"),
    )),
    /** Share of the rows that are read. */
    ratio: v.optional(v.pipe(
      v.number(expected("--sparsity_ratio", "a number above 0 and up to 1")),
      v.check(
        (value) => value > 0 && value <= 1,
        expected("--sparsity_ratio", "a number above 0 and up to 1"),
      ),
    )),
    /** Tokens of a row: budgets are rounded up to whole rows. */
    rowSize: v.optional(whole("--row_size", 1, MOST_TOKENS), 16),
  }, expected("sparsity", "kvBudget, kvBudgets or ratio, and rowSize")),
  v.check(
    ({ kvBudget, kvBudgets, ratio }) =>
      [kvBudget, kvBudgets, ratio].filter((way) => way !== undefined).length === 1,
    "Expected sparsity to be given by exactly one of kvBudget, kvBudgets and ratio",
  ),
);

const options = v.strictObject(
  {
    system: v.optional(oneOf("--system", ["dgx", "dgx-cpu", "dgx-attacc"]), "dgx"),
    gpu: v.optional(oneOf("--gpu", gpuNames), "A100a"),
    /** GPUs, among which heads and weights are divided. */
    ngpu: v.optional(whole("--ngpu", 1, 1024), 8),
    /** GiB of one GPU. */
    gmemcap: v.optional(whole("--gmemcap", 1, 2 ** 20), 80),
    pim: v.optional(oneOf("--pim", ["bank", "bg", "buffer"]), "bank"),
    powerlimit: flag("--powerlimit"),
    ffopt: flag("--ffopt"),
    pipeopt: flag("--pipeopt"),
    model: v.optional(oneOf("--model", modelNames), "GPT-175B"),
    /** Bytes of a weight or activation: 2 (W16A16) or 1 (W8A8). */
    word: v.optional(
      v.picklist([1, 2], expected("--word", "2 (W16A16) or 1 (W8A8)")),
      2,
    ),
    /** Tokens of the prompt. */
    lin: v.optional(whole("--lin", 1, MOST_TOKENS), 2048),
    /** Tokens after the prompt, the first of which the prompt's own pass makes. */
    lout: v.optional(
      v.pipe(
        v.number(expected("--lout", `a whole number from 2 to ${MOST_GENERATED}`)),
        v.check(
          (lout) => lout !== 1,
          "Expected --lout to be at least 2 but found 1: nothing is generated",
        ),
        whole("--lout", 2, MOST_GENERATED),
      ),
      128,
    ),
    batch: v.optional(whole("--batch", 1, 2 ** 20), 1),
    sparsity: v.optional(v.nullable(sparsity), null),
    /**
     * `"last-step"` clusters the whole context once, in the last step, as the artifact does;
     * `"online"` 64 tokens every 64 steps. Only where there is sparsity.
     */
    clustering: v.optional(oneOf("--clustering", ["none", "last-step", "online"]), "none"),
    /** The policy whose metadata each step reads to decide; `"none"` decides for nothing. */
    selection: v.optional(
      oneOf("--selection", ["none", ...policyNames] as ["none", ...PolicyName[]]),
      "none",
    ),
    /** Parameters of that policy, by its component's names; the others have their defaults. */
    selectionParameters: v.optional(
      v.record(
        v.string(),
        v.number(expected("a parameter of --selection", "a number")),
        expected("selectionParameters", "numbers by name"),
      ),
      {},
    ),
    /** `"compact"` reads kept tokens as if they lay side by side, `"scattered"` where they lie. */
    rows: v.optional(oneOf("--rows", ["compact", "scattered"]), "compact"),
    /** Mean run of 16-token blocks that are read, if scattered; `null` is any block alike. */
    locality: v.optional(
      v.nullable(v.pipe(
        v.number(expected("--locality", `a number of blocks from 1 to ${MOST_TOKENS}`)),
        v.check(
          (value) => value >= 1 && value <= MOST_TOKENS,
          expected("--locality", `a number of blocks from 1 to ${MOST_TOKENS}`),
        ),
      )),
      null,
    ),
    /** What scattered blocks are drawn from. */
    seed: v.optional(whole("--seed", 0, 2 ** 32 - 1), 1),
    /** Most steps that are simulated as scattered; the others are estimated from them. */
    sampledSteps: v.optional(whole("--sampled-steps", 16, MOST_GENERATED), 256),
    profile: v.optional(oneOf("--profile", profiles), "artifact"),
    /** Given: switches that differ from the profile's. Parsed: all of them. */
    switches: v.optional(
      v.record(
        v.string(),
        v.union([v.string(), v.number()], expected("a --switch", "text or a number")),
        expected("switches", "values by name"),
      ),
      {},
    ),
  },
  ({ input, expected, path }) =>
    expected === "never"
      ? `Expected only known options but found ${showValue(path?.at(-1)?.key)}`
      : `Expected options but found ${showValue(input)}`,
);

const schema = v.pipe(
  options,
  v.check(
    ({ lin, lout }) => lin + lout - 1 <= MOST_TOKENS,
    ({ input: { lin, lout } }) =>
      `Expected --lin and --lout to reach at most ${MOST_TOKENS} tokens but found ${
        lin + lout - 1
      }`,
  ),
  v.check(
    ({ model, ngpu }) => ngpu <= models[model].heads,
    ({ input: { model, ngpu } }) =>
      `Expected --ngpu to be at most ${models[model].heads}, the heads of ${model}, ` +
      `but found ${ngpu}`,
  ),
  v.check(
    ({ system, pim, clustering, sparsity }) =>
      !(system === "dgx-attacc" && clustering !== "none" && sparsity !== null) ||
      pim === "bank",
    ({ input: { pim, clustering } }) =>
      `Expected --clustering ${clustering} with --pim bank but found --pim ${pim}: ` +
      "STARC describes no other",
  ),
);

/** A checked experiment with every default filled in; parsing it again changes nothing. */
export type SystemSpec = Readonly<
  Omit<v.InferOutput<typeof schema>, "switches"> & { switches: Switches }
>;

/** An experiment as a caller may write it. */
export type SystemOptions = v.InferInput<typeof schema>;

/**
 * Checks an experiment and fills in the defaults of the artifact's main.py.
 *
 * @throws {RangeError} with one line: what was expected of which option, and what was found
 *
 * @example
 * ```ts
 * import { parseSystemSpec } from "./spec.ts";
 * import { equal } from "node:assert/strict";
 *
 * const spec = parseSystemSpec({ system: "dgx-attacc", sparsity: { kvBudget: 1024 } });
 * equal(spec.model, "GPT-175B");
 * equal(spec.sparsity?.rowSize, 16);
 * equal(spec.switches["gpu-time-divisor"], 8);
 * ```
 */
export function parseSystemSpec(input: unknown): SystemSpec {
  const result = v.safeParse(schema, input);
  if (!result.success) throw new RangeError(result.issues[0].message);
  const spec = result.output;
  const switches = resolveSwitches(spec.profile, spec.switches);
  const selectionParameters = metadataParameters(spec.selection, spec.selectionParameters);
  if (spec.system === "dgx-attacc") checkBatch({ ...spec, switches });
  return { ...spec, selectionParameters, switches };
}

/** @throws {RangeError} for more requests than a stack's memory has room for the heads of */
function checkBatch(spec: Pick<SystemSpec, "model" | "ngpu" | "batch" | "switches">) {
  const most = mostBatch(spec);
  if (spec.batch <= most) return;
  throw new RangeError(
    `Expected --batch to be a whole number from 1 to ${most}, which is what a stack has heads for ` +
      `with ${spec.model} on ${spec.ngpu} GPUs, but found ${spec.batch}`,
  );
}

/**
 * A system experiment as a run spec holds it.
 *
 * `parseSystemSpec` decides what an experiment is. What stands here says the same field by field,
 * for a caller who needs to know where a mistake is, and for a JSON schema; a test holds the two
 * to each other.
 *
 * @module
 */
import * as v from "valibot";
import { gpus } from "../hardware/gpus.ts";
import { models } from "../hardware/models.ts";
import { policies } from "../system/policy_metadata.ts";
import { parseSystemSpec, type SystemOptions } from "../system/spec.ts";
import { profiles, quirks } from "../system/switches.ts";
import { expecting } from "./expectation.ts";
import { record, strictObject } from "./object_schema.ts";

/** Longest context and largest budget, in tokens. */
const MOST_TOKENS = 2 ** 24;
/** Most tokens generated. */
const MOST_GENERATED = 2 ** 20;
/** Characters of a table of budgets: one of 2^17 steps fits. */
const MOST_TABLE_CHARACTERS = 2 ** 20;

const standard = parseSystemSpec({});

/** A whole number between two bounds, both included. */
export function whole(description: string, least: number, most: number) {
  const message = expecting(`a whole number from ${least} to ${most}`);
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
    v.description(description),
  );
}

/** One of some words. */
export function oneOf<const Names extends readonly string[]>(description: string, names: Names) {
  return v.pipe(
    v.picklist(names, expecting(`one of ${names.join(", ")}`)),
    v.description(description),
  );
}

/** True or false. */
export function flag(description: string) {
  return v.pipe(v.boolean(expecting("true or false")), v.description(description));
}

/** A schema with a name for people. */
export function titled<const Schema extends v.GenericSchema>(title: string, schema: Schema) {
  return v.pipe(schema, v.title(title));
}

/** Names of a table, in its order. */
export function namesOf<Table extends object>(table: Table) {
  return Object.keys(table) as (string & keyof Table)[];
}

/** Content known by its digest. */
export const inputReference = referenceOr("a digest such as sha256:9f86…");

/**
 * Content known by its digest where something else may stand, too.
 *
 * @param what all that is expected there
 */
export function referenceOr(what: string) {
  return v.pipe(
    v.string(expecting(what)),
    v.regex(/^sha256:[0-9a-f]{64}$/, expecting(what)),
    v.description("digest of an input this store has kept"),
  );
}

const BUDGETS = "a list of budgets or the digest of one";

const share = expecting("a number above 0 and up to 1");

/** Which tokens a step reads, one way of saying so. */
export const sparsitySchema = v.pipe(
  strictObject({
    kvBudget: v.optional(whole("tokens every step may read", 1, MOST_TOKENS)),
    kvBudgets: v.optional(v.pipe(
      v.union([
        v.pipe(
          v.array(whole("tokens", 1, MOST_TOKENS)),
          v.minLength(1, expecting("at least one budget")),
        ),
        referenceOr(BUDGETS),
      ], expecting(BUDGETS)),
      v.description("tokens each step may read; the last holds for the steps that follow"),
    )),
    kvBudgetTable: v.optional(v.pipe(
      strictObject({
        name: v.pipe(
          v.string(),
          v.minLength(1),
          v.maxLength(255),
          v.description("file name, .txt or .csv"),
        ),
        text: v.pipe(
          v.string(),
          v.maxLength(MOST_TABLE_CHARACTERS),
          v.description("what the file holds"),
        ),
      }),
      v.description("a table of budgets: .txt has one a line, .csv a header and the first column"),
    )),
    trace: v.optional(v.pipe(
      strictObject({
        run: v.pipe(
          v.string(),
          v.regex(/^[0-9a-f]{64}$/, expecting("the id of a run")),
          v.description("an evaluation that is done"),
        ),
        repeat: v.optional(flag("begin again where it has fewer steps"), false),
      }),
      v.description("each step reads the rows that a step of an evaluation read"),
    )),
    ratio: v.optional(v.pipe(
      v.number(share),
      v.gtValue(0, share),
      v.maxValue(1, share),
      v.description("share of the rows read"),
    )),
    rowSize: v.optional(
      whole("tokens of a row: budgets are rounded up to rows", 1, MOST_TOKENS),
      16,
    ),
  }),
  v.check(
    (value) =>
      [value.kvBudget, value.kvBudgets, value.kvBudgetTable, value.trace, value.ratio]
        .filter((way) => way !== undefined).length === 1,
    "Expected exactly one of kvBudget, kvBudgets, kvBudgetTable, trace and ratio but found none or several",
  ),
  v.description("which tokens a step reads; null reads all"),
);

const switchValue = v.union([v.string(), v.number()], expecting("a word or a number"));

const fields = {
  system: v.optional(
    titled(
      "System",
      oneOf("attention runs on the GPUs (dgx), on CPUs (dgx-cpu) or in memory (dgx-attacc)", [
        "dgx",
        "dgx-cpu",
        "dgx-attacc",
      ]),
    ),
    standard.system,
  ),
  gpu: v.optional(
    titled("GPU", oneOf("what runs the layers outside attention", namesOf(gpus))),
    standard.gpu,
  ),
  ngpu: v.optional(
    titled("GPUs", whole("how many share heads and weights", 1, 1024)),
    standard.ngpu,
  ),
  gmemcap: v.optional(
    titled("GPU memory, GiB", whole("of one GPU", 1, 2 ** 20)),
    standard.gmemcap,
  ),
  pim: v.optional(
    titled(
      "PIM units",
      oneOf("at every bank, in bank groups (bg) or in the buffer die", ["bank", "bg", "buffer"]),
    ),
    standard.pim,
  ),
  powerlimit: v.optional(
    titled("Power limit", flag("PIM keeps within its power budget")),
    standard.powerlimit,
  ),
  ffopt: v.optional(
    titled("Share feed-forward", flag("the accelerator shares feed-forward layers")),
    standard.ffopt,
  ),
  pipeopt: v.optional(
    titled("Pipeline", flag("projections overlap attention")),
    standard.pipeopt,
  ),
  model: v.optional(
    titled("Model", oneOf("the shape of its layers", namesOf(models))),
    standard.model,
  ),
  word: v.optional(
    v.pipe(
      v.picklist([1, 2], expecting("2 (W16A16) or 1 (W8A8)")),
      v.title("Bytes of a value"),
      v.description("of weights and activations: 2 (W16A16) or 1 (W8A8)"),
    ),
    standard.word,
  ),
  lin: v.optional(titled("Prompt, tokens", whole("read at once", 1, MOST_TOKENS)), standard.lin),
  lout: v.optional(
    titled("Output, tokens", whole("decoded, the prompt's own included", 2, MOST_GENERATED)),
    standard.lout,
  ),
  batch: v.optional(
    titled("Batch, requests", whole("decoded together", 1, 2 ** 20)),
    standard.batch,
  ),
  sparsity: v.optional(v.nullable(sparsitySchema), standard.sparsity),
  clustering: v.optional(
    titled(
      "Clustering",
      oneOf("STARC's: none, the whole context in the last step, or 64 tokens every 64 steps", [
        "none",
        "last-step",
        "online",
      ]),
    ),
    standard.clustering,
  ),
  selection: v.optional(
    titled(
      "Selection",
      oneOf("whose metadata each step reads to decide", ["none", ...namesOf(policies)]),
    ),
    standard.selection,
  ),
  selectionParameters: v.optional(
    v.pipe(
      record(v.string(), v.number(expecting("a number"))),
      v.title("Parameters of the selection"),
      v.description("those of that policy that differ from its defaults"),
    ),
    standard.selectionParameters,
  ),
  rows: v.optional(
    titled("Rows", oneOf("read as if side by side, or where they lie", ["compact", "scattered"])),
    standard.rows,
  ),
  locality: v.optional(
    v.nullable(v.pipe(
      v.number(expecting("a number of blocks, at least 1")),
      v.minValue(1, expecting("a number of blocks, at least 1")),
      v.maxValue(MOST_TOKENS, expecting(`at most ${MOST_TOKENS} blocks`)),
      v.title("Locality, blocks"),
      v.description("mean run of 16-token blocks read if scattered; null is any block alike"),
    )),
    standard.locality,
  ),
  seed: v.optional(
    titled("Seed", whole("what scattered blocks are drawn from", 0, 2 ** 32 - 1)),
    standard.seed,
  ),
  sampledSteps: v.optional(
    titled("Sampled steps", whole("most that are simulated as scattered", 16, MOST_GENERATED)),
    standard.sampledSteps,
  ),
  profile: v.optional(
    titled("Profile", oneOf("whose quirks: the artifact's, AttAcc's, or none", profiles)),
    standard.profile,
  ),
  switches: v.optional(v.pipe(
    strictObject(
      Object.fromEntries(namesOf(quirks).map((name) => [name, v.optional(switchValue)])),
    ),
    v.description("quirks that differ from the profile's"),
  )),
} satisfies Record<keyof SystemOptions, v.GenericSchema>;

/** An experiment as a caller writes it; every field may be left out. */
export const experimentSchema = strictObject(fields);

/** An experiment whose fields are each in range. */
export type ExperimentInput = v.InferOutput<typeof experimentSchema>;

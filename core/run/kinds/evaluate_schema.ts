/**
 * An evaluation as a run spec holds it.
 *
 * @module
 */
import * as v from "valibot";
import { expecting } from "../expectation.ts";
import {
  experimentSchema,
  flag,
  inputReference,
  oneOf,
  titled,
  whole,
} from "../experiment_schema.ts";
import { record, strictObject } from "../object_schema.ts";
import { memorySchema } from "./memories.ts";

const MOST_TOKENS = 2 ** 24;
/** Characters of a text: the longest book of PG-19's test set has fewer. */
const MOST_CHARACTERS = 3 * 2 ** 20;

const hexDigest = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, expecting("a SHA-256 in hexadecimal")),
);

const modelSchema = v.pipe(
  strictObject({
    name: v.pipe(
      v.string(),
      v.maxLength(100),
      v.description("tiny-llama, or a folder that the service was told of"),
    ),
    digest: v.optional(v.pipe(hexDigest, v.description("of its files; filled in"))),
  }),
  v.title("Model"),
);

const textSchema = v.pipe(
  v.union([
    strictObject({
      name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
      text: v.pipe(v.string(), v.maxLength(MOST_CHARACTERS), v.description("what it holds")),
    }),
    strictObject({
      name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
      content: inputReference,
    }),
  ], expecting("a name with the text or its digest")),
  v.description("what is predicted; the excerpt of Moby Dick beside tiny-llama where left out"),
);

const policySchema = v.pipe(
  strictObject({
    name: v.optional(v.pipe(
      v.string(),
      v.maxLength(100),
      v.description("a built-in one, as GET /v1/plugins lists them"),
    )),
    component: v.optional(v.pipe(
      inputReference,
      v.description("digest of an uploaded one"),
    )),
    parameters: v.optional(
      v.pipe(
        record(
          v.string(),
          v.union(
            [v.number(), v.boolean(), v.string()],
            expecting("a number, true, false or a word"),
          ),
        ),
        v.description("those that differ from the policy's own"),
      ),
      {},
    ),
  }),
  v.check(
    ({ name, component }) => name !== undefined || component !== undefined,
    "Expected the name or the component of a policy but found neither",
  ),
  v.title("Policy"),
);

/** What a policy, or a memory of others, may use unless a run says otherwise: far less than the host would allow. */
export const RUN_LIMITS = { memoryBytes: 2 ** 28, fuelPerCall: 2 ** 36 } as const;

const limitsSchema = v.pipe(
  strictObject({
    memoryBytes: v.optional(
      whole("of a layer's session", 2 ** 20, 2 ** 30),
      RUN_LIMITS.memoryBytes,
    ),
    fuelPerCall: v.optional(
      whole("about an instruction each", 1000, 2 ** 40),
      RUN_LIMITS.fuelPerCall,
    ),
  }),
  v.title("Limits"),
  v.description("what the policy may use"),
);

/** The system that decodes the same steps: prompt, output and budgets follow from what was read. */
const systemSchema = v.pipe(
  v.omit(experimentSchema, ["lin", "lout", "sparsity"]),
  v.title("System"),
  v.description("also simulates the steps, each reading the rows that the policy read"),
);

/** The schema. */
export const evaluateSchema = v.pipe(
  strictObject({
    kind: v.literal("evaluate"),
    memory: v.optional(memorySchema, "hbm3-pim"),
    model: v.optional(modelSchema, { name: "tiny-llama" }),
    weights: v.optional(
      titled("Weights", oneOf("how they are held", ["fp32", "int8", "int4"])),
      "fp32",
    ),
    text: v.optional(textSchema),
    protocol: v.optional(
      titled(
        "Protocol",
        oneOf("once reads each token once; artifact reads the prompt's last one twice", [
          "once",
          "artifact",
        ]),
      ),
      "once",
    ),
    promptTokens: v.optional(
      titled("Prompt, tokens", whole("read at once, with dense attention", 1, MOST_TOKENS)),
      512,
    ),
    tokens: v.optional(
      titled(
        "Predicted tokens",
        whole("predicted, all but the prompt's own as decode steps", 2, MOST_TOKENS),
      ),
      512,
    ),
    policy: v.optional(policySchema, { name: "full" }),
    budget: v.optional(
      titled("Budget, tokens", whole("a head may attend to in a step", 1, MOST_TOKENS)),
      128,
    ),
    seed: v.optional(titled("Seed", whole("of policies that draw", 0, 2 ** 32 - 1)), 0),
    denseLayers: v.optional(
      v.nullable(v.pipe(
        v.array(whole("a layer, from 0", 0, 1023)),
        v.description("layers that attend to everything; null is what the policy says"),
      )),
      null,
    ),
    recall: v.optional(
      titled("Recall", flag("measure the share kept of the most relevant tokens")),
      false,
    ),
    limits: v.optional(limitsSchema, {}),
    system: v.optional(v.nullable(systemSchema), null),
  }),
  v.title("Evaluate"),
);

/** An evaluation as it was asked for, each field in range. */
export type EvaluateInput = v.InferOutput<typeof evaluateSchema>;

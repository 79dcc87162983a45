/**
 * A run of a language model under a policy: what is lost, and what is read.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Description } from "../../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { invalidUtf8 } from "../../eval/read_text.ts";
import { namedValues, parameterValues } from "../../host/parameter_values.ts";
import { tinyLlama } from "../../llm/tiny_llama.ts";
import { PIM_LEVELS } from "../../system/machine.ts";
import { parseSystemSpec } from "../../system/spec.ts";
import { checkCharacters } from "../check_spec.ts";
import { sha256 } from "../digest.ts";
import { type KnownModel, UnusableModelError } from "../model_folder.ts";
import { SpecError } from "../spec_error.ts";
import { type EvaluateInput, evaluateSchema } from "./evaluate_schema.ts";
import { type EvaluateSpec, stepsOf } from "./evaluate_spec.ts";
import type { Output, Resolved, RunKind, Sources, Work } from "./kind.ts";
import { memoryAt } from "./memories.ts";
import { locatedIn } from "./system_mistake.ts";

/** The text where none is named. */
const EXCERPT = "moby-dick-excerpt.txt";

/** The kind. */
export const evaluate: RunKind<typeof evaluateSchema, EvaluateSpec> = {
  title: "A language model predicts a text under a policy: accuracy, and the rows it reads",
  schema: evaluateSchema,
  async resolve(input, sources): Promise<Resolved<EvaluateSpec>> {
    const model = await modelOf(input, sources);
    checkLength(input, model);
    const text = textOf(input, sources);
    const policy = await policyOf(input, sources);
    checkLayers(input, model);
    const pim = input.system?.pim ?? "bank";
    const memory = await memoryAt(input.memory, PIM_LEVELS[pim], sources);
    const { name, digest } = model;
    return {
      spec: {
        ...input,
        memory: memory.memory,
        model: { name, digest },
        text: text.spec,
        policy: policy.spec,
        limits: input.limits as EvaluateSpec["limits"],
        system: input.system && systemOf(input, input.system),
      },
      inputs: new Map([
        [text.spec.content, text.content],
        [policy.spec.component, policy.component],
        ...memory.inputs,
      ]),
    };
  },
  async execute(spec, work: Work): Promise<readonly Output[]> {
    // Loaded only where something is decoded: it is much.
    const { evaluateUnderPolicy } = await import("./evaluation.ts");
    return await evaluateUnderPolicy(spec, work);
  },
};

async function modelOf(
  { model, weights }: EvaluateInput,
  sources: Sources,
): Promise<KnownModel> {
  const known = await sources.model(model.name, weights).catch((error) => {
    throw error instanceof UnusableModelError ? new SpecError("/model/name", error.message) : error;
  });
  if (!known) {
    throw new SpecError(
      "/model/name",
      `Expected one of ${sources.modelNames().join(", ")} but found ${JSON.stringify(model.name)}`,
    );
  }
  if (model.digest === undefined || model.digest === known.digest) return known;
  throw new SpecError(
    "/model/digest",
    `Expected ${known.digest}, which ${known.name} has here, but found ${model.digest}`,
  );
}

function checkLength({ protocol, promptTokens, tokens }: EvaluateInput, model: KnownModel) {
  const again = protocol === "artifact" ? 1 : 0;
  const most = model.contextTokens + 1 - promptTokens - again;
  if (tokens <= most) return;
  if (most < 2) {
    throw new SpecError(
      "/promptTokens",
      `Expected at most ${model.contextTokens - 1 - again}, as ${model.name} holds ` +
        `${model.contextTokens}, but found ${promptTokens}`,
    );
  }
  throw new SpecError(
    "/tokens",
    `Expected at most ${most} after ${promptTokens}, as ${model.name} holds ` +
      `${model.contextTokens}, but found ${tokens}`,
  );
}

function checkLayers({ denseLayers }: EvaluateInput, { layers, name }: KnownModel) {
  const at = denseLayers?.findIndex((layer) => layer >= layers) ?? -1;
  if (at < 0) return;
  throw new SpecError(
    `/denseLayers/${at}`,
    `Expected a layer below ${layers}, as ${name} has, but found ${denseLayers![at]}`,
  );
}

function textOf({ text }: EvaluateInput, sources: Sources) {
  if (text === undefined) {
    excerpt ??= content(EXCERPT, new Uint8Array(readFileSync(join(tinyLlama, EXCERPT))));
    return excerpt;
  }
  if ("text" in text) return contentOfText(text.name, text.text);
  const found = sources.content(text.content);
  if (found) return checkedContent(text.name, found);
  throw new SpecError(
    "/text/content",
    `Expected content that this store has kept but found ${text.content}`,
  );
}

type NamedContent = ReturnType<typeof content>;

let excerpt: NamedContent | undefined;
/** The text before this one: the runs of a sweep mostly have the same. */
let last: { readonly text: string; readonly content: NamedContent } | undefined;

function contentOfText(name: string, text: string): NamedContent {
  if (last?.text !== text || last.content.spec.name !== name) {
    checkCharacters(text, ["text", "text"]);
    last = { text, content: content(name, new TextEncoder().encode(text)) };
  }
  return last.content;
}

/** Content that is text: the bytes of any file may have been kept. */
function checkedContent(name: string, bytes: Uint8Array): NamedContent {
  const invalid = invalidUtf8(bytes);
  if (invalid === undefined) return content(name, bytes);
  throw new SpecError("/text/content", `Expected text in UTF-8 but found ${invalid}`);
}

function content(name: string, bytes: Uint8Array) {
  return { spec: { name, content: `sha256:${sha256(bytes)}` }, content: bytes };
}

async function policyOf({ policy }: EvaluateInput, sources: Sources) {
  const component = await componentOf(policy, sources);
  const description = await described(component, sources);
  if (policy.component && policy.name !== undefined && policy.name !== description.name) {
    throw new SpecError(
      "/policy/name",
      `Expected ${description.name}, which the component calls itself, but found ` +
        JSON.stringify(policy.name),
    );
  }
  return {
    component,
    spec: {
      name: description.name,
      component: `sha256:${sha256(component)}`,
      parameters: parametersOf(policy.parameters, description),
    },
  };
}

async function componentOf(
  { name, component }: EvaluateInput["policy"],
  sources: Sources,
): Promise<Uint8Array> {
  if (component !== undefined) {
    const found = sources.content(component);
    if (found) return found;
    throw new SpecError(
      "/policy/component",
      `Expected a component that this store has kept but found ${component}`,
    );
  }
  const found = sources.policyNames().includes(name!) ? await sources.builtIn(name!) : undefined;
  if (found) return found;
  throw new SpecError(
    "/policy/name",
    `Expected one of ${sources.policyNames().join(", ")} but found ${JSON.stringify(name)}`,
  );
}

async function described(component: Uint8Array, sources: Sources): Promise<Description> {
  const found = await sources.describe(component);
  if ("refused" in found) {
    throw new SpecError(
      "/policy/component",
      `Expected a policy that can be run but found one that ${found.refused}`,
    );
  }
  if (found.kind !== "policy") {
    throw new SpecError("/policy/component", `Expected a policy but found a ${found.kind} model`);
  }
  const description = found.description as Description;
  if (!description.inputs.includes("calibration")) return description;
  throw new SpecError(
    "/policy",
    `Expected a policy that needs no calibration but found ${description.name}`,
  );
}

function parametersOf(
  given: EvaluateInput["policy"]["parameters"],
  { parameters }: Description,
): Readonly<Record<string, number | boolean | string>> {
  const texts = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, String(value)]),
  );
  try {
    return namedValues(parameters, parameterValues(parameters, texts));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SpecError("/policy/parameters", error.message);
  }
}

function systemOf(spec: EvaluateInput, system: NonNullable<EvaluateInput["system"]>) {
  const { lin: _, lout: __, sparsity: ___, ...checked } = locatedIn(
    "/system",
    () => parseSystemSpec({ ...system, ...stepsOf(spec) }),
  );
  return checked;
}

/**
 * What every kind of run has, in the order in which a run meets it.
 *
 * @module
 */
import type * as v from "valibot";
import type { PluginKind } from "../../../wasm/sdk/contracts.ts";
import type { WeightFormat } from "../../llm/onnx/linear.ts";
import type { MemoryModel } from "../../memory/memory_model.ts";
import type { KnownModel, ModelFolder } from "../model_folder.ts";

/** Content that a spec refers to as `sha256:` and the digest of its bytes. */
export type Inputs = ReadonlyMap<string, Uint8Array>;

/** Finds content by its reference, if it is known. */
export type FindInput = (reference: string) => Uint8Array | undefined;

/** What a component says of itself, or why it is not run. */
export type Described =
  | { readonly kind: PluginKind; readonly description: object }
  | { readonly refused: string };

/** What a spec may refer to. */
export interface Sources {
  readonly content: FindInput;
  /** A file that a finished run made, if it did. */
  readonly outputOf: (run: string, name: string) => Uint8Array | undefined;
  /** Names of models. */
  readonly modelNames: () => readonly string[];
  /**
   * A model by its name, if there is one.
   *
   * @throws {UnusableModelError} when it is damaged, incomplete or not supported
   */
  readonly model: (name: string, format: WeightFormat) => Promise<KnownModel | undefined>;
  /** Names of built-in policies. */
  readonly policyNames: () => readonly string[];
  /** The component of a built-in policy, if it can be built here. */
  readonly builtIn: (name: string) => Promise<Uint8Array | undefined>;
  /** What a component says of itself for its defaults. */
  readonly describe: (component: Uint8Array) => Promise<Described>;
}

/** Nothing to refer to. */
export const NO_SOURCES: Sources = {
  content: () => undefined,
  outputOf: () => undefined,
  modelNames: () => [],
  model: () => Promise.resolve(undefined),
  policyNames: () => [],
  builtIn: () => Promise.resolve(undefined),
  describe: () => Promise.resolve({ refused: "is not known here" }),
};

/** A spec that says everything, and what it refers to. */
export interface Resolved<Spec> {
  /** Every default filled in; resolving it again changes nothing. */
  readonly spec: Spec;
  readonly inputs: Inputs;
}

/** What a run is given to work with. */
export interface Work {
  readonly memory: MemoryModel;
  readonly inputs: Inputs;
  readonly models: ModelFolder;
  /** Of the signal that ends what plugins, and the run itself, compute. */
  readonly stop: SharedArrayBuffer;
  /** Called with how much is done and of how much. */
  readonly onProgress: (done: number, total: number) => void;
}

/** A file that a run makes. */
export interface Output {
  /** e.g. `"output.csv"` */
  readonly name: string;
  readonly content: Uint8Array;
}

/** A file of text. */
export function textOutput(name: string, text: string): Output {
  return { name, content: new TextEncoder().encode(text) };
}

/** A kind of run. */
export interface RunKind<Schema extends v.GenericSchema, Spec> {
  readonly title: string;
  /** What a caller may write. */
  readonly schema: Schema;
  /**
   * Fills in what was left out and takes content out of the spec.
   *
   * @throws {SpecError} when the spec contradicts itself or refers to unknown content
   */
  readonly resolve: (
    input: v.InferOutput<Schema>,
    sources: Sources,
  ) => Resolved<Spec> | Promise<Resolved<Spec>>;
  /**
   * Does the work. Equal specs, memories and engines give equal bytes.
   *
   * @throws {RangeError} when the memory cannot do what is asked
   */
  readonly execute: (spec: Spec, work: Work) => Promise<readonly Output[]>;
}

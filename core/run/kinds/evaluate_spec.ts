import type { SystemSpec } from "../../system/spec.ts";
import type { EvaluateInput } from "./evaluate_schema.ts";
import type { MemoryReference } from "./memories.ts";

/** A resolved evaluation. */
export interface EvaluateSpec extends
  Omit<
    EvaluateInput,
    "memory" | "model" | "text" | "policy" | "limits" | "system" | "denseLayers"
  > {
  readonly memory: MemoryReference;
  readonly model: { readonly name: string; readonly digest: string };
  /** The text, by the digest of its bytes. */
  readonly text: { readonly name: string; readonly content: string };
  readonly policy: {
    readonly name: string;
    /** The component, by the digest of its bytes. */
    readonly component: string;
    readonly parameters: Readonly<Record<string, number | boolean | string>>;
  };
  readonly denseLayers: readonly number[] | null;
  readonly limits: { readonly memoryBytes: number; readonly fuelPerCall: number };
  readonly system: EvaluatedSystem | null;
}

/** A system whose prompt, output and budgets follow from an evaluation. */
type EvaluatedSystem = Omit<SystemSpec, "lin" | "lout" | "sparsity">;

/** Decode steps of an evaluation: the token behind the prompt is predicted by the prompt's pass. */
export function decodeStepsOf({ protocol, tokens }: Pick<EvaluateSpec, "protocol" | "tokens">) {
  return protocol === "artifact" ? tokens : tokens - 1;
}

/** The prompt and output of the system that decodes an evaluation's steps. */
export function stepsOf(spec: Pick<EvaluateSpec, "protocol" | "tokens" | "promptTokens">) {
  return { lin: spec.promptTokens, lout: decodeStepsOf(spec) + 1 };
}

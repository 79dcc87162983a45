import type { Limits } from "../../host/limits.ts";
import type { Description } from "../../../wasm/wit/policy/since-v0.1.0/policy.ts";
import type { PluginKind } from "../../../wasm/sdk/contracts.ts";

/** A policy's description as JSON holds it. */
type PolicyDescription = Omit<Description, "denseLayers"> & {
  readonly denseLayers: readonly number[];
};

/** What is known of a component that may be run. */
export interface PluginFacts {
  /** SHA-256 of the component: its name. */
  readonly digest: string;
  readonly kind: PluginKind;
  /** The contract it exports: `"kvpim:policy/policy@0.1.0"`. */
  readonly world: string;
  readonly bytes: number;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** What it says of itself for its defaults. */
  readonly description: PolicyDescription | Readonly<Record<string, unknown>>;
}

/** Why a component is not run. */
export interface PluginRefusal {
  /** Kind of refusal: that of the host, or how describing itself ended. */
  readonly why: string;
  readonly message: string;
  /** What it imports, where that is why; the first of many. */
  readonly imports?: readonly string[];
}

/** What looking at a component came to. */
export type PluginVerdict =
  | { readonly isAdmitted: true; readonly facts: PluginFacts }
  | { readonly isAdmitted: false; readonly refusal: PluginRefusal };

/** Limits while a component describes itself, which is little work. */
export const DESCRIBE_LIMITS = {
  memoryBytes: 2 ** 28,
  fuelPerCall: 1e9,
  wallMsPerCall: 10_000,
} as const satisfies Partial<Limits>;

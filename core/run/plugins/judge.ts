import { inspectComponent, type Inspection } from "../../host/inspect_component.ts";
import { DEFAULT_LIMITS } from "../../host/limits.ts";
import type { LoadOptions } from "../../host/load_plugin.ts";
import { loadMemory } from "../../host/memory_plugin.ts";
import { describeOutcome, type Outcome, SHOWN_NAMES } from "../../host/outcome.ts";
import { loadPolicy } from "../../host/policy.ts";
import { TranspileCache } from "../../host/transpile_cache.ts";
import { type PluginKind, readContract } from "../../../wasm/sdk/contracts.ts";
import { DESCRIBE_LIMITS, type PluginFacts, type PluginVerdict } from "./plugin_facts.ts";

/**
 * Admits a component as the host does, then has it describe itself in the sandbox.
 *
 * @param cache keeps it taken apart; nothing is kept by default, as a stranger could send any number
 *
 * @example
 * ```ts
 * import { judge } from "./judge.ts";
 * import { equal } from "node:assert/strict";
 *
 * const verdict = await judge(new TextEncoder().encode("no component"));
 * equal(verdict.isAdmitted, false);
 * ```
 */
export async function judge(
  component: Uint8Array,
  cache: TranspileCache = new TranspileCache(),
): Promise<PluginVerdict> {
  const inspection = inspectComponent(component, DEFAULT_LIMITS);
  const { admitted, refusal, why } = inspection;
  if (admitted === null) {
    const imports = refusal!.why === "forbidden-import"
      ? { imports: refusal!.imports.slice(0, SHOWN_NAMES) }
      : {};
    return refused(refusal!.why, why!.replace(/^refused: /, ""), imports);
  }
  const outcome = await describe(component, admitted, cache);
  if (outcome.kind !== "ok") return refused(outcome.kind, describeOutcome(outcome));
  return { isAdmitted: true, facts: factsOf(inspection, admitted, outcome.value as object) };
}

function refused(
  why: string,
  message: string,
  others: { readonly imports?: readonly string[] } = {},
): PluginVerdict {
  return { isAdmitted: false, refusal: { why, message, ...others } };
}

async function describe(
  component: Uint8Array,
  kind: PluginKind,
  cache: TranspileCache,
): Promise<Outcome<unknown, unknown>> {
  const options: LoadOptions = { limits: DESCRIBE_LIMITS, cache };
  const loaded = kind === "policy"
    ? await loadPolicy(component, options)
    : await loadMemory(component, options);
  if (loaded.kind !== "ok") return loaded;
  try {
    return await loaded.value.describe();
  } finally {
    loaded.value.close();
  }
}

function factsOf(
  { sha256, bytes, imports, exports }: Inspection,
  kind: PluginKind,
  description: object,
): PluginFacts {
  return {
    digest: sha256,
    kind,
    world: readContract(kind).qualifiedName,
    bytes,
    imports,
    exports,
    description: plain(description) as PluginFacts["description"],
  };
}

/** A value as JSON holds it: lists of numbers are arrays. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

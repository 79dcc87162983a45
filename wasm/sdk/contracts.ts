import { parseWit } from "../wit/parse_wit.ts";
import { type Contract, contractOf } from "./generate/exports.ts";

/** What a plugin can be. */
export type PluginKind = "policy" | "memory";

/** Versions of each contract, oldest first. */
export const CONTRACT_VERSIONS: Record<PluginKind, readonly string[]> = {
  policy: ["0.1.0"],
  memory: ["0.1.0"],
};

/** A contract and the text it was read from. */
export interface SourcedContract extends Contract {
  readonly source: string;
}

const cache = new Map<string, SourcedContract>();

/**
 * Reads a contract from `wasm/wit`.
 *
 * @param version The newest one if left out
 * @throws {RangeError} if there is no such version
 */
export function readContract(kind: PluginKind, version?: string): SourcedContract {
  const known = CONTRACT_VERSIONS[kind];
  const wanted = version ?? known.at(-1) ?? "";
  if (!known.includes(wanted)) {
    throw new RangeError(
      `Expected a version of the ${kind} contract (${known.join(", ")}) but found ${wanted}`,
    );
  }
  const key = `${kind}@${wanted}`;
  let contract = cache.get(key);
  if (contract === undefined) {
    const url = new URL(`../wit/${kind}/since-v${wanted}/${kind}.wit`, import.meta.url);
    const source = Deno.readTextFileSync(url);
    contract = { ...contractOf(parseWit(source)), source };
    cache.set(key, contract);
  }
  return contract;
}

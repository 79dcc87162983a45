import type { Contract } from "../../wasm/sdk/generate/exports.ts";
import { Layout } from "../../wasm/wit/layout.ts";
import { CanonicalAbi, type FunctionCodec } from "./canonical_abi.ts";
import type { Answers } from "./compile_reader.ts";

/** A contract, and how values pass to and from its functions. */
export interface ContractCodecs {
  readonly contract: Contract;
  /** Whether what is read from an instance is copied or stays where it is. */
  readonly answers: Answers;
  /** By the functions' names. */
  readonly functions: ReadonlyMap<string, FunctionCodec>;
}

/**
 * Makes the codecs of a contract, which all instances of a component share: a policy has one a layer,
 * and making the codecs took longer than all else of starting it.
 *
 * @throws {RangeError} if a function has a result that this host does not read
 */
export function contractCodecs(contract: Contract, answers: Answers = "copied"): ContractCodecs {
  const abi = new CanonicalAbi(new Layout(contract.interface.types), answers);
  const { functions } = contract.interface;
  return {
    contract,
    answers,
    functions: new Map(functions.map((one) => [one.name, abi.function(one)])),
  };
}

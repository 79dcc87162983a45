/** Thrown when an answer is not what the contract promises: it cannot be read, or must not be used. */
export class ContractBreach extends Error {
  override readonly name = "ContractBreach";
}

/** A program as the host passes it: numbers in the order of `programArguments` in core/memory. */
import { ProgramParameters } from "./shape";

/** The parameters that these numbers are. */
export function programParameters(
  pim: i32,
  heads: i32,
  headDim: i32,
  elementBytes: i32,
  contextTokens: i32,
  keptTokens: i32,
  partitionTokens: i32,
  rowTokens: i32,
  clustering: bool,
  oddTailPerStep: bool,
  ownSecondContext: bool,
  wholePartnerTraffic: bool,
  queries: i32,
  scoreOnly: bool,
): ProgramParameters {
  const parameters = new ProgramParameters();
  parameters.pim = pim;
  parameters.heads = heads;
  parameters.headDim = headDim;
  parameters.elementBytes = elementBytes;
  parameters.contextTokens = contextTokens;
  parameters.keptTokens = keptTokens;
  parameters.partitionTokens = partitionTokens;
  parameters.rowTokens = rowTokens;
  parameters.clustering = clustering;
  parameters.oddTailPerStep = oddTailPerStep;
  parameters.ownSecondContext = ownSecondContext;
  parameters.wholePartnerTraffic = wholePartnerTraffic;
  parameters.queries = queries;
  parameters.scoreOnly = scoreOnly;
  return parameters;
}

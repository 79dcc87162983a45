// STARC's numbers: those of a preset, unless a parameter says otherwise.
import { Parameter } from "kvpim/policy";
import { choiceParameter, integerParameter, Settings } from "kvpim/parameters";

export const PARAMETERS: Array<Parameter> = [
  choiceParameter(
    "preset",
    "Whose numbers: the artifact and the paper at ASPLOS'26, or the first version on arXiv.",
    ["asplos26", "arxiv-v1"],
  ),
  choiceParameter(
    "flush",
    "When a full tail is clustered: before the step that filled it attends, as the artifact does, or after.",
    ["before-attention", "after-attention"],
  ),
  integerParameter(
    "window-tokens",
    "Tokens of a window of the prompt; 0: the preset's.",
    0,
    0,
    65536,
  ),
  integerParameter(
    "cluster-tokens",
    "Tokens a cluster has on average; 0: the preset's.",
    0,
    0,
    4096,
  ),
  integerParameter(
    "interval-tokens",
    "New tokens clustered together; 0: the preset's.",
    0,
    0,
    4096,
  ),
  integerParameter("iterations", "Most k-means iterations; 0: the preset's.", 0, 0, 1000),
];

/** The numbers of a run. */
export class Rules {
  readonly windowTokens: i32;
  readonly clusterTokens: i32;
  readonly intervalTokens: i32;
  readonly iterations: i32;
  /** Whether k-means starts as k-means++ does; else with the first keys of the window. */
  readonly startsPlusPlus: bool;
  /** Whether a full tail is clustered after the step that filled it has attended. */
  readonly flushesLate: bool;

  constructor(settings: Settings) {
    const first = settings.choice(0) === 1;
    this.windowTokens = chosen(settings, 2, first ? i32.MAX_VALUE : 64);
    this.clusterTokens = chosen(settings, 3, first ? 32 : 16);
    this.intervalTokens = chosen(settings, 4, first ? 128 : 64);
    this.iterations = chosen(settings, 5, first ? 15 : 16);
    this.startsPlusPlus = first;
    this.flushesLate = settings.choice(1) === 1;
  }

  /** The most tokens that may wait outside the clusters when a step attends. */
  get mostTail(): i32 {
    return this.flushesLate ? this.intervalTokens : this.intervalTokens - 1;
  }
}

function chosen(settings: Settings, index: i32, preset: i32): i32 {
  const value = <i32> settings.integer(index);
  return value > 0 ? value : preset;
}

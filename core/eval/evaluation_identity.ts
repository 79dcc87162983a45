/** What makes an evaluation what it is: two with the same identity have the same result. */
export interface EvaluationIdentity {
  readonly evaluation: "longbench" | "ruler" | "perplexity";
  /** How the samples were put to the model; numbers of different protocols do not compare. */
  readonly protocol: string;
  /** The model's name. */
  readonly model: string;
  /** The policy and its settings; its limits, too, where it is metered. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** Everything else that was chosen. */
  readonly config: Readonly<Record<string, unknown>>;
  /** SHA-256 of what went in. */
  readonly digests: Readonly<Record<string, string>>;
}

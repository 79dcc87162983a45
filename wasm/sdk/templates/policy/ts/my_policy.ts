// The newest tokens up to the budget, the same for every KV head. A beginning: change what `describe`
// asks for and what `select` returns.

interface Config {
  readonly kvHeads: number;
  readonly budget: number;
}

const none = () => new Uint32Array(0);

const nothingChanged = () => ({
  evicted: { per: "kv-head", offsets: none(), tokens: none() },
  placement: { per: "kv-head", firstToken: 0, slots: none() },
  clusterings: [],
  accesses: [],
});

class Session {
  private tokens = 0;
  private config: Config;

  constructor(config: Config) {
    this.config = config;
  }

  static open(config: Config): Session {
    return new Session(config);
  }

  prefill({ count }: { count: number }): void {
    this.tokens += count;
  }

  endPrefill() {
    return nothingChanged();
  }

  append({ count }: { count: number }) {
    this.tokens += count;
    return nothingChanged();
  }

  select() {
    const { kvHeads, budget } = this.config;
    const kept = Math.min(this.tokens, budget);
    const offsets = Uint32Array.from({ length: kvHeads + 1 }, (_, head) => head * kept);
    const tokens = Uint32Array.from(
      { length: kvHeads * kept },
      (_, at) => this.tokens - kept + at % kept,
    );
    return {
      visible: { tag: "only", val: { per: "kv-head", offsets, tokens } },
      bias: new Float32Array(0),
      meanValueWeights: new Float32Array(0),
      accesses: [],
    };
  }

  observe() {
    return nothingChanged();
  }
}

function describe(parameters: readonly unknown[]) {
  if (parameters.length > 0) {
    throw { tag: "parameter-count", val: { expected: 0, found: parameters.length } };
  }
  return {
    name: "my-policy",
    version: "0.1.0",
    summary: "The newest tokens.",
    citation: { title: "", venue: "", identifier: "", code: "" },
    parameters: [],
    inputs: {},
    observedPromptQueries: 0,
    observesSteps: false,
    denseLayers: none(),
    budget: { tag: "hard" },
    rotation: "by-token",
  };
}

export const policy = { describe, Session };

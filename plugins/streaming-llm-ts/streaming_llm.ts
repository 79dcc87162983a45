// StreamingLLM as a first sketch in TypeScript: the same policy as ../streaming-llm, held to the same
// reference. The first tokens of the text and the newest ones; all others are thrown away.

type ParameterValue = { readonly tag: string; readonly val: unknown };

interface Config {
  readonly kvHeads: number;
  readonly queryHeads: number;
  readonly budget: number;
  readonly parameters: readonly ParameterValue[];
}

const DEFAULT_SINKS = 4n;
const MOST_SINKS = 65536n;

/** Value of the only parameter. */
function sinkTokens(parameters: readonly ParameterValue[]): number {
  if (parameters.length === 0) return Number(DEFAULT_SINKS);
  if (parameters.length !== 1) {
    throw { tag: "parameter-count", val: { expected: 1, found: parameters.length } };
  }
  const { tag, val } = parameters[0]!;
  if (tag !== "integer" || typeof val !== "bigint" || val < 0n || val > MOST_SINKS) {
    throw { tag: "bad-parameter", val: 0 };
  }
  return Number(val);
}

function describe(parameters: readonly ParameterValue[]) {
  sinkTokens(parameters);
  return {
    name: "streaming-llm-ts",
    version: "0.1.0",
    summary: "Attends to the first tokens and the newest ones.",
    citation: {
      title: "Efficient Streaming Language Models with Attention Sinks",
      venue: "ICLR 2024",
      identifier: "arXiv:2309.17453",
      code: "github.com/mit-han-lab/streaming-llm at 2e50426",
    },
    parameters: [{
      name: "sink-tokens",
      summary: "Tokens kept from the start of the text.",
      kind: {
        tag: "integer",
        val: { defaultValue: DEFAULT_SINKS, minimum: 0n, maximum: MOST_SINKS },
      },
    }],
    inputs: {},
    observedPromptQueries: 0,
    observesSteps: false,
    denseLayers: new Uint32Array(0),
    budget: { tag: "hard" },
    rotation: "by-rank",
  };
}

// Made once: this code is interpreted, and a typed array costs it as much as a hundred additions.
const NOTHING = new Uint32Array(0);
const NO_SHARES = new Float32Array(0);

class Session {
  private kvHeads: number;
  private budget: number;
  private sinks: number;
  /** Tokens that ever entered. */
  private length = 0;
  /** The oldest token present that is no sink. */
  private oldest: number;
  /** The slot of each token present, in the order of the text: the same in every head. */
  private slots = new Map<number, number>();
  private free: number[] = [];

  constructor({ kvHeads, budget, parameters }: Config) {
    this.kvHeads = kvHeads;
    this.budget = budget;
    this.sinks = Math.min(sinkTokens(parameters), budget - 1);
    this.oldest = this.sinks;
  }

  static open(config: Config): Session {
    const { kvHeads, queryHeads, budget } = config;
    if (kvHeads === 0 || queryHeads === 0 || queryHeads % kvHeads !== 0 || budget === 0) {
      throw { tag: "unsupported-shape" };
    }
    return new Session(config);
  }

  prefill({ count }: { count: number }): void {
    this.enter(count);
  }

  endPrefill() {
    const evicted = this.makeRoom(0);
    if (evicted.length === 0) return this.update([], 0, []);
    const slots = new Array(this.length).fill(0);
    let rank = 0;
    for (const token of this.slots.keys()) {
      slots[token] = rank;
      this.slots.set(token, rank++);
    }
    this.free = [];
    return this.update(evicted, 0, slots);
  }

  /** Makes room first, so that a new token takes the place of the one that goes. */
  append({ count }: { count: number }) {
    const fits = count <= this.budget - this.sinks;
    const first = this.length;
    const before = fits ? this.makeRoom(count) : [];
    const slots = this.enter(count);
    const evicted = fits ? before : this.makeRoom(0);
    const moved = slots.some((slot, index) => slot !== first + index);
    return this.update(evicted, first, moved ? slots : []);
  }

  select() {
    return {
      visible: { tag: "everything" },
      bias: NO_SHARES,
      meanValueWeights: NO_SHARES,
      accesses: [],
    };
  }

  observe() {
    return this.update([], 0, []);
  }

  /** Adds tokens, each to the lowest free slot; gives the slots. */
  private enter(count: number): number[] {
    const slots: number[] = [];
    if (this.free.length > 1) this.free.sort((a, b) => a - b);
    for (let i = 0; i < count; i++) {
      const slot = this.free.length > 0 ? this.free.shift()! : this.slots.size;
      this.slots.set(this.length++, slot);
      slots.push(slot);
    }
    return slots;
  }

  /** Evicts the tokens between the sinks and the newest until some more fit the budget. */
  private makeRoom(more: number): number[] {
    const evicted: number[] = [];
    while (this.slots.size + more > this.budget && this.oldest < this.length) {
      this.free.push(this.slots.get(this.oldest)!);
      this.slots.delete(this.oldest);
      evicted.push(this.oldest++);
    }
    return evicted;
  }

  /** An update in which every KV head does the same. */
  private update(evicted: readonly number[], firstToken: number, slots: readonly number[]) {
    return {
      evicted: {
        per: "kv-head",
        offsets: this.offsets(evicted.length),
        tokens: this.all(evicted),
      },
      placement: { per: "kv-head", firstToken, slots: this.all(slots) },
      clusterings: [],
      accesses: [],
    };
  }

  /** Where each head's tokens begin, and the end; none where there are none. */
  private offsets(tokens: number): Uint32Array {
    if (tokens === 0) return NOTHING;
    const offsets = new Uint32Array(this.kvHeads + 1);
    for (let head = 1; head <= this.kvHeads; head++) offsets[head] = head * tokens;
    return offsets;
  }

  /** The same values for every head, head after head. */
  private all(values: readonly number[]): Uint32Array {
    const count = values.length;
    if (count === 0) return NOTHING;
    const each = new Uint32Array(this.kvHeads * count);
    for (let at = 0; at < each.length; at++) each[at] = values[at % count]!;
    return each;
  }
}

export const policy = { describe, Session };

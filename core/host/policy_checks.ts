/**
 * What a policy's answers must be, beyond their types. Each check throws {@linkcode ContractBreach}.
 *
 * @module
 */
import type {
  Access,
  Config,
  Description,
  Placement,
  Selection,
  TokenSets,
  Update,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { ContractBreach } from "./contract_breach.ts";

/** Keeps account of one session, and checks every answer against it. */
export class PolicyLedger {
  /** Tokens that entered, evicted ones too. */
  #tokens = 0;
  #promptTokens = 0;
  /** Which head evicted which token; heads are as many as the unit of the first eviction says. */
  #evicted: EvictionTable | null = null;
  /** For each token, the number of the last set it was seen in: tells repeated tokens. */
  readonly #seen: Uint32Array;
  #setNumber = 0;
  readonly #slots: readonly Map<number, number>[];
  readonly #slotOf: readonly Map<number, number>[];

  constructor(private readonly config: Config, private readonly description: Description) {
    this.#seen = new Uint32Array(config.maxTokens);
    this.#slots = Array.from({ length: config.kvHeads }, () => new Map());
    this.#slotOf = Array.from({ length: config.kvHeads }, () => new Map());
  }

  /** Tokens the session has been given. */
  get tokens(): number {
    return this.#tokens;
  }

  /**
   * Notes tokens that enter.
   *
   * @throws {RangeError} if they are more than the session was opened for
   */
  enter(count: number, isPrompt: boolean): void {
    if (this.#tokens + count > this.config.maxTokens) {
      throw new RangeError(
        `Expected at most ${this.config.maxTokens} tokens but found ${this.#tokens + count}`,
      );
    }
    this.#tokens += count;
    if (isPrompt) this.#promptTokens += count;
  }

  checkSelection({ visible, bias, meanValueWeights, accesses }: Selection): void {
    if (visible.tag === "only") {
      this.#checkSets(visible.value, "visible", true);
      if (bias.length > 0) checkLength("bias", bias.length, visible.value.tokens.length);
    } else if (bias.length > 0) {
      throw new ContractBreach("Expected no bias where everything is visible but found some");
    }
    checkFinite("bias", bias);
    if (meanValueWeights.length > 0) {
      checkLength("mean-value-weights", meanValueWeights.length, this.config.queryHeads);
    }
    if (!meanValueWeights.every((weight) => weight >= 0 && weight <= 1)) {
      throw new ContractBreach("Expected mean-value-weights from 0 to 1 but found others");
    }
    if (visible.tag === "everything") this.#checkEverything();
    checkAccesses(accesses);
  }

  checkUpdate({ evicted, placement, accesses }: Update): void {
    if (evicted.offsets.length > 0) {
      this.#checkSets(evicted, "evicted", false);
      this.#evict(evicted);
    }
    this.#place(placement);
    checkAccesses(accesses);
  }

  #checkSets(sets: TokenSets, what: string, isSelection: boolean): void {
    const heads = this.#headsOf(sets);
    checkLength(`${what} offsets`, sets.offsets.length, heads + 1);
    const { offsets, tokens } = sets;
    if (offsets[0] !== 0 || offsets[heads] !== tokens.length) {
      throw new ContractBreach(
        `Expected ${what} offsets from 0 to ${tokens.length} but found ` +
          `${offsets[0]} to ${offsets[heads]}`,
      );
    }
    for (let head = 0; head < heads; head++) {
      const first = offsets[head] ?? 0;
      const end = offsets[head + 1] ?? 0;
      if (end < first) {
        throw new ContractBreach(`Expected ${what} offsets that never decrease, head ${head}`);
      }
      this.#checkTokens(tokens, first, end, head, what, sets);
      if (isSelection) this.#checkBudget(this.#counted(tokens, first, end), head);
    }
  }

  #checkTokens(
    tokens: Uint32Array,
    first: number,
    end: number,
    head: number,
    what: string,
    sets: TokenSets,
  ): void {
    const number = ++this.#setNumber;
    const gone = this.#evicted?.of(sets, head, this.config);
    for (let at = first; at < end; at++) {
      const token = tokens[at] ?? 0;
      if (token >= this.#tokens) {
        throw new ContractBreach(
          `Expected ${what} tokens below ${this.#tokens} but found ${token}, head ${head}`,
        );
      }
      if (this.#seen[token] === number) {
        throw new ContractBreach(
          `Expected each of the ${what} tokens once but found ${token} again, head ${head}`,
        );
      }
      this.#seen[token] = number;
      if (gone?.(token)) {
        throw new ContractBreach(
          `Expected ${what} tokens that are present but found ${token}, evicted, head ${head}`,
        );
      }
    }
  }

  /** Tokens that count against the budget. */
  #counted(tokens: Uint32Array, first: number, end: number): number {
    if (this.description.budget.tag !== "prompt-only") return end - first;
    let count = 0;
    for (let at = first; at < end; at++) if ((tokens[at] ?? 0) < this.#promptTokens) count++;
    return count;
  }

  #checkEverything(): void {
    if (this.description.budget.tag === "unbound") return;
    const promptOnly = this.description.budget.tag === "prompt-only";
    const all = promptOnly ? this.#promptTokens : this.#tokens;
    const heads = this.#evicted?.heads ?? 1;
    for (let head = 0; head < heads; head++) {
      const gone = this.#evicted?.count(head, promptOnly ? this.#promptTokens : Infinity) ?? 0;
      this.#checkBudget(all - gone, head);
    }
  }

  #checkBudget(count: number, head: number): void {
    const { budget } = this.description;
    if (budget.tag === "unbound") return;
    const most = budget.tag === "at-least"
      ? Math.max(this.config.budget, budget.value)
      : this.config.budget;
    if (count > most) {
      throw new ContractBreach(
        `Expected at most ${most} tokens (budget ${budget.tag}) but found ${count}, head ${head}`,
      );
    }
  }

  #evict(sets: TokenSets): void {
    const heads = this.#headsOf(sets);
    this.#evicted ??= new EvictionTable(heads);
    if (this.#evicted.heads !== heads) {
      throw new ContractBreach(`Expected evictions of ${this.#evicted.heads} heads as before`);
    }
    for (let head = 0; head < heads; head++) {
      const gone = sets.tokens.subarray(sets.offsets[head] ?? 0, sets.offsets[head + 1] ?? 0);
      this.#evicted.add(head, gone);
      if (heads === this.config.kvHeads) { for (const token of gone) this.#freeSlot(head, token); }
    }
  }

  #place({ firstToken, slots }: Placement): void {
    const { kvHeads } = this.config;
    if (slots.length === 0) return;
    if (slots.length % kvHeads !== 0) {
      throw new ContractBreach(
        `Expected slots for ${kvHeads} KV heads but found ${slots.length} of them`,
      );
    }
    const count = slots.length / kvHeads;
    if (firstToken + count > this.#tokens) {
      throw new ContractBreach(
        `Expected slots of tokens below ${this.#tokens} but found ${firstToken + count - 1}`,
      );
    }
    for (let head = 0; head < kvHeads; head++) {
      const own = slots.subarray(head * count, (head + 1) * count);
      own.forEach((_, index) => this.#freeSlot(head, firstToken + index));
      own.forEach((slot, index) => {
        const token = firstToken + index;
        if (!this.#evicted?.isGone(head, token, this.config)) this.#takeSlot(head, token, slot);
      });
    }
  }

  #freeSlot(head: number, token: number): void {
    const slot = this.#slotOf[head]?.get(token);
    if (slot === undefined) return;
    this.#slotOf[head]?.delete(token);
    this.#slots[head]?.delete(slot);
  }

  #takeSlot(head: number, token: number, slot: number): void {
    const other = this.#slots[head]?.get(slot);
    if (other !== undefined) {
      throw new ContractBreach(
        `Expected one token a slot but found ${other} and ${token} in slot ${slot}, KV head ${head}`,
      );
    }
    this.#slots[head]?.set(slot, token);
    this.#slotOf[head]?.set(token, slot);
  }

  #headsOf({ per }: TokenSets): number {
    return per === "query-head" ? this.config.queryHeads : this.config.kvHeads;
  }
}

/** Who evicted what. */
class EvictionTable {
  readonly #gone: readonly Set<number>[];

  constructor(readonly heads: number) {
    this.#gone = Array.from({ length: heads }, () => new Set());
  }

  add(head: number, tokens: Uint32Array): void {
    for (const token of tokens) this.#gone[head]?.add(token);
  }

  /** Evicted tokens of a head below a bound. */
  count(head: number, below: number): number {
    const gone = this.#gone[head];
    if (gone === undefined) return 0;
    if (below === Infinity) return gone.size;
    let count = 0;
    for (const token of gone) if (token < below) count++;
    return count;
  }

  /** Whether no query head of a KV head has a token any more. */
  isGone(kvHead: number, token: number, { queryHeads, kvHeads }: Config): boolean {
    if (this.heads === kvHeads) return this.#gone[kvHead]?.has(token) ?? false;
    const group = queryHeads / kvHeads;
    return this.#gone.slice(kvHead * group, (kvHead + 1) * group).every((gone) => gone.has(token));
  }

  /** Whether a token is gone for a head of some sets, whose unit may be another than the table's. */
  of({ per }: TokenSets, head: number, { queryHeads, kvHeads }: Config) {
    const group = queryHeads / kvHeads;
    const heads = per === "query-head" ? queryHeads : kvHeads;
    if (heads === this.heads) return (token: number) => this.#gone[head]?.has(token) ?? false;
    if (per === "query-head") {
      const shared = this.#gone[Math.floor(head / group)];
      return (token: number) => shared?.has(token) ?? false;
    }
    const all = this.#gone.slice(head * group, (head + 1) * group);
    return (token: number) => all.some((gone) => gone.has(token));
  }
}

function checkLength(what: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new ContractBreach(`Expected ${expected} ${what} but found ${found}`);
  }
}

function checkFinite(what: string, values: Float32Array): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new ContractBreach(`Expected finite numbers as ${what} but found ${values[index]}`);
  }
}

function checkAccesses(accesses: readonly Access[]): void {
  for (const { bytes, pieces, kind } of accesses) {
    if (pieces < 1 && bytes > 0) {
      throw new ContractBreach(`Expected bytes in at least one piece but found none (${kind})`);
    }
  }
}

/** Checks a description: names, ranges and bounds that make sense. */
export function checkDescription({ name, version, parameters, inputs }: Description): void {
  const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
  if (!kebab.test(name)) throw new ContractBreach(`Expected a kebab-case name but found ${name}`);
  if (!/^\d+\.\d+\.\d+/.test(version)) {
    throw new ContractBreach(`Expected a semantic version but found ${JSON.stringify(version)}`);
  }
  const names = new Set<string>();
  for (const parameter of parameters) {
    if (!kebab.test(parameter.name) || names.has(parameter.name)) {
      throw new ContractBreach(`Expected unique kebab-case parameters but found ${parameter.name}`);
    }
    names.add(parameter.name);
    const { kind } = parameter;
    if (kind.tag === "integer" || kind.tag === "real") {
      const { defaultValue, minimum, maximum } = kind.value;
      if (!(minimum <= defaultValue && defaultValue <= maximum)) {
        throw new ContractBreach(`Expected a default within bounds but found ${defaultValue}`);
      }
    }
    if (kind.tag === "choice" && kind.value.options[kind.value.defaultValue] === undefined) {
      throw new ContractBreach(`Expected a default among the options of ${parameter.name}`);
    }
  }
  if (new Set(inputs).size !== inputs.length) throw new ContractBreach("Expected inputs once each");
}

/**
 * What a policy's answers must be, beyond their types. Each check throws {@linkcode ContractBreach}.
 *
 * @module
 */
import type {
  Access,
  BudgetBinding,
  Config,
  Description,
  HeadUnit,
  Selection,
  TokenSets,
  Update,
} from "../../wasm/wit/policy/since-v0.1.0/policy.ts";
import { isPluginName, NAME_WORDS, shownName } from "../../wasm/sdk/plugin_name.ts";
import { ContractBreach } from "./contract_breach.ts";
import { PolicyStorage } from "./policy_storage.ts";
import { anyMarked, explainTokenSet, type TokenSetCheck } from "./token_set_check.ts";

/** Keeps account of one session, and checks every answer against it. */
export class PolicyLedger {
  /** Tokens that entered, evicted ones too. */
  #tokens = 0;
  #promptTokens = 0;
  #storage: PolicyStorage | null = null;
  /** Tokens a head may attend to, of those that count. */
  readonly #most: number;

  /** @param sets what holds lists of tokens against the rules */
  constructor(
    private readonly config: Config,
    private readonly description: Description,
    private readonly sets: TokenSetCheck,
  ) {
    this.#most = mostTokens(description.budget, config.budget);
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
    // Tokens without offsets are no sets of any head: the check refuses them.
    if (evicted.offsets.length > 0 || evicted.tokens.length > 0) {
      this.#checkSets(evicted, "evicted", false);
      this.#storageOf(evicted.per).evict(evicted);
    }
    if (placement.slots.length > 0) {
      this.#storageOf(placement.per).place(placement, this.#tokens);
    }
    this.#storage?.checkNewTokens(this.#tokens);
    checkAccesses(accesses);
  }

  #checkSets(sets: TokenSets, what: string, isSelection: boolean): void {
    const heads = this.#headsOf(sets);
    const { offsets, tokens } = sets;
    checkOffsets(offsets, heads, tokens.length, what);
    const broken = this.sets.firstBroken(offsets, tokens, this.#tokens);
    if (broken !== null) throw this.#brokenSet(sets, broken, what);
    for (let head = 0; head < heads; head++) {
      if (this.#touchesEvicted(sets, head)) throw this.#brokenSet(sets, head, what);
      if (!isSelection) continue;
      const first = offsets[head]!;
      const end = offsets[head + 1]!;
      checkNotEmpty(end - first, head);
      // What counts is no more than what is there: mostly that is few enough.
      if (end - first > this.#most) this.#checkBudget(this.#counted(tokens, first, end), head);
    }
  }

  #touchesEvicted({ per, offsets, tokens }: TokenSets, head: number): boolean {
    if (!this.#storage?.anyEvicted) return false;
    const evicted = this.#storage.evictedOf(per, head, this.config);
    return evicted.some((table) => anyMarked(table, tokens, offsets[head]!, offsets[head + 1]!));
  }

  #brokenSet({ per, offsets, tokens }: TokenSets, head: number, what: string): ContractBreach {
    const evicted = this.#storage?.evictedOf(per, head, this.config) ?? [];
    const set = tokens.subarray(offsets[head]!, offsets[head + 1]!);
    const breach = explainTokenSet(set, { tokens: this.#tokens, evicted }, what);
    return new ContractBreach(`${breach}, head ${head}`);
  }

  /** Tokens that count against the budget. */
  #counted(tokens: Uint32Array, first: number, end: number): number {
    if (this.description.budget.tag !== "prompt-only") return end - first;
    let count = 0;
    const promptTokens = this.#promptTokens;
    for (let at = first; at < end; at++) if (tokens[at]! < promptTokens) count++;
    return count;
  }

  #checkEverything(): void {
    for (let head = 0; head < (this.#storage?.heads ?? 0); head++) {
      checkNotEmpty(this.#tokens - this.#storage!.evictedCount(head), head);
    }
    if (this.#most === Infinity) return;
    const promptOnly = this.description.budget.tag === "prompt-only";
    const all = promptOnly ? this.#promptTokens : this.#tokens;
    const heads = this.#storage?.heads ?? 1;
    for (let head = 0; head < heads; head++) {
      const gone = this.#storage?.evictedBelow(head, all) ?? 0;
      this.#checkBudget(all - gone, head);
    }
  }

  #checkBudget(count: number, head: number): void {
    if (count > this.#most) {
      const { tag } = this.description.budget;
      throw new ContractBreach(
        `Expected at most ${this.#most} tokens (budget ${tag}) but found ${count}, head ${head}`,
      );
    }
  }

  /** Where evictions and placements are kept account of: by one unit in a whole session. */
  #storageOf(per: HeadUnit): PolicyStorage {
    this.#storage ??= new PolicyStorage(per, this.#headsOf({ per }), this.config.maxTokens);
    if (this.#storage.per !== per) {
      throw new ContractBreach(
        `Expected evictions and placements per ${this.#storage.per} as before but found ${per}`,
      );
    }
    return this.#storage;
  }

  #headsOf({ per }: { readonly per: HeadUnit }): number {
    return per === "query-head" ? this.config.queryHeads : this.config.kvHeads;
  }
}

/** Tokens a head may attend to under a budget that binds as declared. */
function mostTokens(binding: BudgetBinding, budget: number): number {
  switch (binding.tag) {
    case "unbound":
      return Infinity;
    case "at-least":
      return Math.max(budget, binding.value);
    default:
      return budget;
  }
}

function checkLength(what: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new ContractBreach(`Expected ${expected} ${what} but found ${found}`);
  }
}

/** Attention to no token is not defined. */
function checkNotEmpty(visible: number, head: number): void {
  if (visible < 1) {
    throw new ContractBreach(`Expected at least one visible token but found none, head ${head}`);
  }
}

function checkOffsets(offsets: Uint32Array, heads: number, tokens: number, what: string): void {
  checkLength(`${what} offsets`, offsets.length, heads + 1);
  if (offsets[0] !== 0 || offsets[heads] !== tokens) {
    throw new ContractBreach(
      `Expected ${what} offsets from 0 to ${tokens} but found ${offsets[0]} to ${offsets[heads]}`,
    );
  }
  for (let head = 0; head < heads; head++) {
    if (offsets[head + 1]! < offsets[head]!) {
      throw new ContractBreach(`Expected ${what} offsets that never decrease, head ${head}`);
    }
  }
}

function checkFinite(what: string, values: Float32Array): void {
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) {
      throw new ContractBreach(`Expected finite numbers as ${what} but found ${values[at]}`);
    }
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
  if (!isPluginName(name)) {
    throw new ContractBreach(`Expected ${NAME_WORDS} but found ${shownName(name)}`);
  }
  if (!/^\d+\.\d+\.\d+/.test(version)) {
    throw new ContractBreach(`Expected a semantic version but found ${shownName(version)}`);
  }
  const names = new Set<string>();
  for (const parameter of parameters) {
    if (!isPluginName(parameter.name) || names.has(parameter.name)) {
      const found = shownName(parameter.name);
      throw new ContractBreach(`Expected unique kebab-case parameters but found ${found}`);
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

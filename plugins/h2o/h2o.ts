// H2O: the tokens that have gathered the most attention so far, and the newest ones. The others are
// thrown away after each step.
import {
  BudgetBinding,
  Config,
  DataKind,
  Description,
  done,
  fail,
  Nothing,
  Observation,
  ok,
  Parameter,
  ParameterValue,
  PolicyError,
  Result,
  Selection,
  Session,
  Step,
  TokenBlock,
  Update,
  Visible,
} from "kvpim/policy";
import { CompactCache, evict, noneEvicted } from "kvpim/compact_cache";
import { Layer } from "kvpim/layer";
import { reads, writes } from "kvpim/outcomes";
import { realParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";

const PARAMETERS: Array<Parameter> = [
  realParameter("heavy-fraction", "Share of the budget that goes to heavy hitters.", 0.5, 0, 1),
];

const ALL_QUERIES: u32 = u32.MAX_VALUE;

export class Policy extends Session {
  private cache: CompactCache;
  /** Attention gathered, by KV head and token. */
  private scores: Array<Array<f32>> = [];
  private heavy: i32;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "h2o";
    description.version = "0.1.0";
    description.summary = "Attends to heavy hitters and the newest tokens.";
    description.citation.title =
      "H2O: Heavy-Hitter Oracle for Efficient Generative Inference of Large Language Models";
    description.citation.venue = "NeurIPS 2023";
    description.citation.identifier = "arXiv:2306.14048";
    description.citation.code = "github.com/FMInference/H2O at ac75c2a";
    description.parameters = PARAMETERS;
    description.observedPromptQueries = ALL_QUERIES;
    description.observesSteps = true;
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(new Policy(layer, settings.real(0)));
  }

  constructor(private layer: Layer, heavyFraction: f64) {
    super();
    this.cache = new CompactCache(layer.kvHeads);
    this.heavy = min(<i32> Math.floor(<f64> layer.budget * heavyFraction), layer.budget - 1);
    for (let head = 0; head < layer.kvHeads; head++) this.scores.push([]);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    this.cache.enterPrompt(tokens.count);
    this.extendScores();
    return done();
  }

  override endPrefill(weights: Observation): Result<Update, PolicyError> {
    const update = new Update();
    this.accumulate(weights);
    update.accesses.push(writes(DataKind.Scores, this.scoreBytes(), this.layer.kvHeads));
    if (this.makeRoom(update)) this.cache.compact(update.placement);
    return ok(update);
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const update = new Update();
    this.cache.enter(tokens.count, update.placement);
    this.extendScores();
    return ok(update);
  }

  override select(_step: Step): Result<Selection, PolicyError> {
    const selection = new Selection();
    selection.visible = Visible.everything();
    return ok(selection);
  }

  override observe(weights: Observation): Result<Update, PolicyError> {
    const update = new Update();
    this.accumulate(weights);
    update.accesses.push(reads(DataKind.Scores, this.scoreBytes(), this.layer.kvHeads));
    update.accesses.push(writes(DataKind.Scores, this.scoreBytes(), this.layer.kvHeads));
    this.makeRoom(update);
    return ok(update);
  }

  private extendScores(): void {
    for (let head = 0; head < this.scores.length; head++) {
      while (this.scores[head].length < this.cache.length) this.scores[head].push(0);
    }
  }

  /** Adds weights, one query head of a group after the other. */
  private accumulate(weights: Observation): void {
    const tokens = weights.tokens;
    const shares = weights.weights;
    for (let head = 0; head + 1 < weights.offsets.length; head++) {
      const scores = this.scores[head / this.layer.group];
      const end = weights.offsets[head + 1];
      for (let at = weights.offsets[head]; at < end; at++) {
        const token = tokens[at];
        const share = shares[at];
        if (token >= <u32> scores.length) unreachable();
        unchecked(scores[token] = unchecked(scores[token]) + share);
      }
    }
  }

  private scoreBytes(): u64 {
    let tokens: u64 = 0;
    for (let head = 0; head < this.layer.kvHeads; head++) tokens += this.cache.tokens(head).length;
    return tokens * this.layer.elementBytes;
  }

  /** Evicts until one more token fits the budget. */
  private makeRoom(update: Update): bool {
    const evicted = noneEvicted();
    for (let head = 0; head < this.layer.kvHeads; head++) {
      this.cache.retain(head, this.kept(head), evicted);
    }
    return evict(update, evicted);
  }

  /** Which of the tokens present stay. */
  private kept(head: i32): StaticArray<bool> {
    const present = this.cache.tokens(head);
    const kept = new StaticArray<bool>(present.length);
    const fits = present.length < this.layer.budget;
    const older = fits ? 0 : present.length - (this.layer.budget - 1 - this.heavy);
    for (let rank = older; rank < present.length; rank++) kept[rank] = true;
    const all = this.scores[head];
    const scores = new StaticArray<f32>(older);
    for (let rank = 0; rank < older; rank++) scores[rank] = all[present[rank]];
    const best: Array<u32> = [];
    topK(scores, older, this.heavy, best);
    for (let i = 0; i < best.length; i++) kept[best[i]] = true;
    return kept;
  }
}

// SnapKV: once the prompt is read, each query head keeps the tokens its last queries attended to most,
// pooled over neighbours, and the tokens of those queries. Generated tokens are all kept.
import {
  BudgetBinding,
  Config,
  DataKind,
  Description,
  done,
  fail,
  HeadUnit,
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
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { closeSet, openSets, reads } from "kvpim/outcomes";
import { choiceParameter, integerParameter, Settings } from "kvpim/parameters";
import { Ranking } from "kvpim/ranking";

const PARAMETERS: Array<Parameter> = [
  integerParameter(
    "window-tokens",
    "Last tokens of the prompt, whose queries are observed.",
    32,
    1,
    4096,
  ),
  integerParameter("kernel", "Neighbours a weight is pooled over, itself included.", 5, 1, 255),
  choiceParameter("pooling", "How neighbours are pooled.", ["average", "maximum"]),
];

export class Policy extends Session {
  private length: i32 = 0;
  /** Tokens of the prompt, once it was cut down. */
  private prompt: i32 = 0;
  private ranking: Ranking = new Ranking();

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "snapkv";
    description.version = "0.1.0";
    description.summary = "Keeps the prompt's tokens that its last queries attended to.";
    description.citation.title = "SnapKV: LLM Knows What You are Looking for Before Generation";
    description.citation.venue = "NeurIPS 2024";
    description.citation.identifier = "arXiv:2404.14469";
    description.citation.code = "github.com/FasterDecoding/SnapKV at e216ddc";
    description.parameters = PARAMETERS;
    description.observedPromptQueries = <u32> settings.integer(0);
    description.budget = BudgetBinding.promptOnly();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(
      new Policy(
        layer,
        <i32> settings.integer(0),
        <i32> settings.integer(1),
        settings.choice(2) === 0,
      ),
    );
  }

  constructor(
    private layer: Layer,
    private windowTokens: i32,
    private kernel: i32,
    private averages: bool,
  ) {
    super();
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    this.length += tokens.count;
    return done();
  }

  override endPrefill(weights: Observation): Result<Update, PolicyError> {
    const layer = this.layer;
    const update = new Update();
    if (this.length <= layer.budget) return ok(update);
    const window = min(this.windowTokens, layer.budget);
    const older = this.length - window;
    const pooled = new StaticArray<f32>(older);
    const evicted = openSets(HeadUnit.QueryHead);
    const slots = new Array<u32>(this.length * layer.queryHeads);
    for (let head = 0; head < layer.queryHeads; head++) {
      this.pool(weights.weights, weights.offsets[head], pooled);
      this.keep(pooled, layer.budget - window, evicted.tokens, slots, head * this.length);
      closeSet(evicted);
    }
    this.prompt = this.length;
    update.evicted = evicted;
    update.placement.slots = slots;
    const bytes = <u64> older * layer.elementBytes * layer.queryHeads;
    update.accesses.push(reads(DataKind.Scores, bytes, layer.queryHeads));
    return ok(update);
  }

  /** New tokens follow what was kept. */
  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const update = new Update();
    const first = this.length;
    this.length += tokens.count;
    if (this.prompt === 0) return ok(update);
    update.placement.firstToken = first;
    for (let head = 0; head < this.layer.queryHeads; head++) {
      const slot = this.layer.budget - this.prompt;
      pushRange(update.placement.slots, slot + first, slot + this.length);
    }
    return ok(update);
  }

  override select(_step: Step): Result<Selection, PolicyError> {
    const selection = new Selection();
    selection.visible = Visible.everything();
    return ok(selection);
  }

  /** Pools the weights from `first` on; what lies beyond either end counts as nothing. */
  private pool(weights: StaticArray<f32>, first: i32, pooled: StaticArray<f32>): void {
    const length = pooled.length;
    for (let token = 0; token < length; token++) {
      const from = token - this.kernel / 2;
      const end = min(from + this.kernel, length);
      let sum: f32 = 0;
      let largest: f32 = -f32.MAX_VALUE * 2;
      for (let neighbour = max(from, 0); neighbour < end; neighbour++) {
        const weight = weights[first + neighbour];
        sum += weight;
        if (weight > largest) largest = weight;
      }
      pooled[token] = this.averages ? sum / <f32> this.kernel : largest;
    }
  }

  /**
   * Keeps the `k` tokens with the largest scores in the order of the scores, and the window behind
   * them. Pushes the others to `evicted`; writes the slots of all from `base` on.
   */
  private keep(
    scores: StaticArray<f32>,
    k: i32,
    evicted: Array<u32>,
    slots: Array<u32>,
    base: i32,
  ): void {
    const kept = new StaticArray<bool>(scores.length);
    this.ranking.load(scores, scores.length);
    for (let slot = 0; slot < k; slot++) {
      const token = this.ranking.next();
      kept[token] = true;
      slots[base + token] = slot;
    }
    for (let token = 0; token < scores.length; token++) if (!kept[token]) evicted.push(token);
    for (let token = scores.length; token < this.length; token++) {
      slots[base + token] = k + token - scores.length;
    }
  }
}

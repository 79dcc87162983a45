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
import { closeSet, openSets, reads } from "kvpim/outcomes";
import { choiceParameter, integerParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";

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
    for (let head = 0; head < layer.queryHeads; head++) {
      this.pool(weights.weights, weights.offsets[head], pooled);
      pushOthers(pooled, layer.budget - window, evicted.tokens);
      closeSet(evicted);
    }
    update.evicted = evicted;
    const bytes = <u64> older * layer.elementBytes * layer.queryHeads;
    update.accesses.push(reads(DataKind.Scores, bytes, layer.queryHeads));
    return ok(update);
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    this.length += tokens.count;
    return ok(new Update());
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
}

/** Pushes all indices but those of the `k` largest scores, ascending. */
function pushOthers(scores: StaticArray<f32>, k: i32, tokens: Array<u32>): void {
  const best: Array<u32> = [];
  topK(scores, scores.length, k, best);
  let next = 0;
  for (let token = 0; token < scores.length; token++) {
    if (next < best.length && best[next] === <u32> token) next++;
    else tokens.push(token);
  }
}

// InfiniGen: while one layer computes, the next one's queries are guessed from the same hidden state.
// Tokens that a guessed query scores near its best, over a part of the channels, are fetched ahead.
import {
  BudgetBinding,
  Config,
  DataKind,
  Description,
  done,
  fail,
  HeadUnit,
  Inputs,
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
import { largestOf } from "kvpim/exponential";
import { GroupScores } from "kvpim/group_scores";
import { KeyProjection, magnitudes, ProjectedKeys } from "kvpim/key_projection";
import { Layer } from "kvpim/layer";
import { closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { realParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";

const PARAMETERS: Array<Parameter> = [
  realParameter("partial-ratio", "Share of the channels the guess is made from.", 0.2, 0, 1),
  realParameter("alpha", "How far below a head's best score a token may score.", 5, 0, 1000),
];

export class Policy extends Session {
  private keys: ProjectedKeys;
  /** Scores of the queries of each KV head. */
  private scores: Array<GroupScores> = [];

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "infinigen";
    description.version = "0.1.0";
    description.summary =
      "Attends to tokens that a query guessed one layer ahead scores near its best.";
    description.citation.title =
      "InfiniGen: Efficient Generative Inference of Large Language Models with Dynamic KV Cache Management";
    description.citation.venue = "OSDI 2024";
    description.citation.identifier = "arXiv:2406.19707";
    description.citation.code = "github.com/snu-comparch/InfiniGen at 3754f52";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.SpeculatedQueries | Inputs.Calibration;
    description.denseLayers = [0];
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    const rank = max(<i32> Math.floor(<f64> layer.headDim * settings.real(0)), 1);
    const projection = new KeyProjection(layer.headDim, rank);
    if (
      config.calibration.length > 0 && !projection.calibrate(config.calibration, layer.kvHeads)
    ) return fail<Session>(PolicyError.badCalibration());
    return ok<Session>(new Policy(layer, projection, <f32> settings.real(1)));
  }

  constructor(private layer: Layer, projection: KeyProjection, private alpha: f32) {
    super();
    this.keys = new ProjectedKeys(layer.kvHeads, projection);
    for (let head = 0; head < layer.kvHeads; head++) {
      this.scores.push(new GroupScores(layer.group));
    }
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    this.keys.append(tokens.keys, tokens.count);
    return done();
  }

  override endPrefill(_weights: Observation): Result<Update, PolicyError> {
    const prompt = this.keys.waiting;
    if (prompt !== null) {
      for (let head = 0; head < this.layer.kvHeads; head++) {
        this.keys.projection.addChannels(magnitudes(prompt, head));
      }
    }
    this.keys.settle();
    const update = new Update();
    const bytes = this.codeBytes(this.keys.length);
    update.accesses.push(writes(DataKind.Codes, bytes, this.layer.kvHeads));
    return ok(update);
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const stored = this.prefill(tokens);
    if (stored.isError) return fail<Update>(stored.error);
    const update = new Update();
    update.accesses.push(writes(DataKind.Codes, this.codeBytes(tokens.count), this.layer.kvHeads));
    return ok(update);
  }

  /** The newest token is always attended to: the guess is made before its key is known. */
  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.speculatedQueries);
    if (error !== null) return fail<Selection>(error);
    const older = this.keys.length - 1;
    const count = min(this.scoreHeads(step.speculatedQueries, older), layer.budget - 1);
    const sets = openSets(HeadUnit.QueryHead);
    for (let head = 0; head < layer.queryHeads; head++) {
      topK(this.scoresOf(head), older, count, sets.tokens);
      sets.tokens.push(older);
      closeSet(sets);
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    selection.accesses.push(reads(DataKind.Codes, this.codeBytes(older), layer.kvHeads));
    return ok(selection);
  }

  /** Scores the older tokens; gives how many of a head are near its best, on average. */
  private scoreHeads(queries: StaticArray<f32>, older: i32): i32 {
    const layer = this.layer;
    const divisor = sqrt<f32>(<f32> layer.headDim);
    let near: i64 = 0;
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      const group = layer.groupQueries(queries, kvHead);
      this.keys.scoreAll(kvHead, group, divisor, this.scores[kvHead]);
    }
    for (let head = 0; head < layer.queryHeads; head++) {
      const scores = this.scoresOf(head);
      const least = largestOf(scores, older) - this.alpha;
      for (let token = 0; token < older; token++) if (unchecked(scores[token]) > least) near++;
    }
    return <i32> (near / layer.queryHeads);
  }

  private scoresOf(head: i32): StaticArray<f32> {
    return this.scores[head / this.layer.group].of(head % this.layer.group);
  }

  private codeBytes(tokens: i32): u64 {
    const layer = this.layer;
    return <u64> tokens * this.keys.projection.rank * layer.elementBytes * layer.kvHeads;
  }
}

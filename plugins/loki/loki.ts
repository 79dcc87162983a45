// Loki: keys lie near a few directions. Scores along the first principal components of the keys rank the
// tokens; the best are attended to exactly.
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
import { GroupScores } from "kvpim/group_scores";
import { KeyProjection, ProjectedKeys, spreads } from "kvpim/key_projection";
import { Layer } from "kvpim/layer";
import { closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { integerParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";

const PARAMETERS: Array<Parameter> = [
  integerParameter("rank", "Principal components the approximate scores are made of.", 32, 1, 4096),
];

export class Policy extends Session {
  private keys: ProjectedKeys;
  private scores: GroupScores;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "loki";
    description.version = "0.1.0";
    description.summary =
      "Attends to the tokens that score highest along principal components of the keys.";
    description.citation.title = "Loki: Low-rank Keys for Efficient Sparse Attention";
    description.citation.venue = "NeurIPS 2024";
    description.citation.identifier = "arXiv:2406.02542";
    description.citation.code = "github.com/hpcgroup/loki at 005913b";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries | Inputs.Calibration;
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    const projection = new KeyProjection(
      layer.headDim,
      min(<i32> settings.integer(0), layer.headDim),
    );
    if (
      config.calibration.length > 0 && !projection.calibrate(config.calibration, layer.kvHeads)
    ) return fail<Session>(PolicyError.badCalibration());
    return ok<Session>(new Policy(layer, projection));
  }

  constructor(private layer: Layer, projection: KeyProjection) {
    super();
    this.keys = new ProjectedKeys(layer.kvHeads, projection);
    this.scores = new GroupScores(layer.group);
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
        this.keys.projection.addChannels(spreads(prompt, head));
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

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const length = this.keys.length;
    const divisor = sqrt<f32>(<f32> layer.headDim);
    const sets = openSets(HeadUnit.QueryHead);
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      this.keys.scoreAll(kvHead, layer.groupQueries(step.queries, kvHead), divisor, this.scores);
      for (let query = 0; query < layer.group; query++) {
        topK(this.scores.of(query), length, layer.budget, sets.tokens);
        closeSet(sets);
      }
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    selection.accesses.push(reads(DataKind.Codes, this.codeBytes(length), layer.kvHeads));
    return ok(selection);
  }

  private codeBytes(tokens: i32): u64 {
    const layer = this.layer;
    return <u64> tokens * this.keys.projection.rank * layer.elementBytes * layer.kvHeads;
  }
}
